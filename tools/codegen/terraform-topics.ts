import type { Topic } from './message-catalogue';

export const TERRAFORM_TOPICS = 'infra/terraform/environments/managed/topics.auto.tfvars.json';

/** The catalogue of topics as variables, which Terraform loads by the name of the file. */
export function topicsVariables(topics: readonly Topic[]): string {
  const entries = topics.map(({ name, partitions, config }) => [name, { partitions, config }] as const);
  return `${JSON.stringify({ topics: Object.fromEntries(entries) }, null, 2)}\n`;
}
