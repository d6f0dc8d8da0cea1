import { subscriptionSchema } from './subscription-schema';

const queries = /* GraphQL */ `
  scalar DateTime
  scalar JSON

  interface Node {
    id: ID!
  }

  type PageInfo {
    startCursor: String
    endCursor: String
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
  }

  type Requirement {
    id: ID!
    title: String!
    body: String
    priority: Int!
    status: String!
  }

  type QuotaLimits {
    maxOpenWorkItems: Int
    maxConcurrentRuns: Int
    maxRunMinutesPerDay: Int
  }

  type StateCount {
    state: String!
    count: Int!
  }

  type Project implements Node {
    id: ID!
    name: String!
    description: String
    repositoryUrl: String
    status: String!
    paused: Boolean!
    vision: String
    requirements: [Requirement!]!
    quota: QuotaLimits!
    createdBy: String!
    createdAt: DateTime!
    updatedAt: DateTime!
    version: Int!
    workItems(first: Int = 20, after: String, state: String): WorkItemConnection!
    workItemCounts: [StateCount!]!
  }

  type Failure {
    code: String!
    message: String!
  }

  type Artifact {
    id: ID!
    name: String!
    mediaType: String!
    bytes: Float!
    sha256: String!
    "Where the bytes are, behind the gateway."
    path: String!
  }

  type WorkItem implements Node {
    id: ID!
    projectId: ID!
    title: String!
    description: String
    state: String!
    priority: Int!
    toolRecipe: JSON!
    dependsOn: [ID!]!
    requiresApproval: Boolean!
    notBefore: DateTime
    labels: JSON!
    attempt: Int!
    maxAttempts: Int!
    timeoutMs: Int
    currentRunId: ID
    result: JSON
    error: Failure
    artifacts: [Artifact!]!
    createdBy: String!
    createdAt: DateTime!
    updatedAt: DateTime!
    version: Int!
    project: Project
    "All runs, the newest attempt first."
    runs: [Run!]!
    lastRun: Run
    "Every event about it from every context, oldest first."
    history(first: Int = 50, after: String): HistoryEventConnection!
    creation: Process
    dependencies: [WorkItem!]!
  }

  type RunProgress {
    percent: Float
    message: String
  }

  type Run implements Node {
    id: ID!
    workItemId: ID!
    projectId: ID!
    agentId: ID
    attempt: Int!
    status: String!
    progress: RunProgress
    startedAt: DateTime
    endedAt: DateTime
    durationMs: Float
    error: Failure
    createdAt: DateTime!
    version: Int!
    workItem: WorkItem
    agent: Agent
  }

  type Agent implements Node {
    id: ID!
    name: String!
    status: String!
    capabilities: [String!]!
    labels: JSON!
    slots: Int!
    busySlots: Int!
    lastSeenAt: DateTime!
    createdAt: DateTime!
    version: Int!
  }

  type ProcessStep {
    name: String!
    status: String!
    attempts: Int!
    startedAt: DateTime
    endedAt: DateTime
    error: Failure
    compensation: String
  }

  type Process implements Node {
    id: ID!
    definition: String!
    status: String!
    workItemId: ID!
    projectId: ID!
    steps: [ProcessStep!]!
    startedAt: DateTime!
    updatedAt: DateTime!
    version: Int!
    workItem: WorkItem
  }

  type HistoryEvent {
    type: String!
    context: String!
    stream: String!
    version: Int!
    occurredAt: DateTime!
    actor: String!
    correlationId: String!
    causationId: String!
    data: JSON!
  }

  type QueueItem {
    position: Int!
    workItemId: ID!
    projectId: ID!
    priority: Int!
    readySince: DateTime!
  }

  type Queue {
    items: [QueueItem!]!
    depth: Int!
  }

  type Stats {
    projects: Int!
    workItems: [StateCount!]!
    runs: [StateCount!]!
    agents: [StateCount!]!
    processes: [StateCount!]!
  }

  type ProjectEdge {
    node: Project!
    cursor: String!
  }
  type ProjectConnection {
    edges: [ProjectEdge!]!
    pageInfo: PageInfo!
  }
  type WorkItemEdge {
    node: WorkItem!
    cursor: String!
  }
  type WorkItemConnection {
    edges: [WorkItemEdge!]!
    pageInfo: PageInfo!
  }
  type RunEdge {
    node: Run!
    cursor: String!
  }
  type RunConnection {
    edges: [RunEdge!]!
    pageInfo: PageInfo!
  }
  type AgentEdge {
    node: Agent!
    cursor: String!
  }
  type AgentConnection {
    edges: [AgentEdge!]!
    pageInfo: PageInfo!
  }
  type ProcessEdge {
    node: Process!
    cursor: String!
  }
  type ProcessConnection {
    edges: [ProcessEdge!]!
    pageInfo: PageInfo!
  }
  type HistoryEventEdge {
    node: HistoryEvent!
    cursor: String!
  }
  type HistoryEventConnection {
    edges: [HistoryEventEdge!]!
    pageInfo: PageInfo!
  }

  type Query {
    node(id: ID!): Node
    project(id: ID!): Project
    projects(first: Int = 20, after: String): ProjectConnection!
    workItem(id: ID!): WorkItem
    workItems(first: Int = 20, after: String, projectId: ID, state: String, label: String): WorkItemConnection!
    run(id: ID!): Run
    runs(first: Int = 20, after: String, workItemId: ID, agentId: ID, status: String): RunConnection!
    agent(id: ID!): Agent
    agents(first: Int = 20, after: String): AgentConnection!
    process(id: ID!): Process
    processes(first: Int = 20, after: String, status: String, definition: String): ProcessConnection!
    queue(projectId: ID, first: Int = 20): Queue
    stats: Stats!
  }
`;

/** The public GraphQL schema. Ids are the REST ids; lists are Relay connections, newest first unless said otherwise. */
export const schemaSource = queries + subscriptionSchema;
