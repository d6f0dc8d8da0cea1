/** The part of the schema that is served over WebSocket. Its types hold what is in the events, and nothing to load. */
export const subscriptionSchema = /* GraphQL */ `
  "A work item went from one state to another."
  type WorkItemStateChanged {
    workItemId: ID!
    projectId: ID!
    previousState: String!
    newState: String!
    changedBy: String!
    reason: String
    attempt: Int!
    runId: ID
    result: JSON
    error: Failure
    artifacts: [ArtifactOfChange!]!
    type: String!
    context: String!
    stream: String!
    version: Int!
    occurredAt: DateTime!
    recordedAt: DateTime!
    actor: String!
    correlationId: String!
    causationId: String!
    "Subscribing again with it as after goes on behind this event."
    cursor: String!
  }

  type ArtifactOfChange {
    id: ID!
    name: String!
    mediaType: String!
    bytes: Float!
    sha256: String!
  }

  "An agent reported how far a run is."
  type RunProgressed {
    runId: ID!
    workItemId: ID!
    projectId: ID!
    agentId: ID!
    attempt: Int!
    percent: Float
    message: String
    type: String!
    context: String!
    stream: String!
    version: Int!
    occurredAt: DateTime!
    recordedAt: DateTime!
    actor: String!
    correlationId: String!
    causationId: String!
    "Subscribing again with it as after goes on behind this event."
    cursor: String!
  }

  "Over graphql-transport-ws. Arguments that are left out take everything the caller may see; after is a cursor."
  type Subscription {
    workItemStateChanged(projectId: ID, workItemId: ID, after: String): WorkItemStateChanged!
    runProgressed(runId: ID, projectId: ID, workItemId: ID, after: String): RunProgressed!
  }
`;
