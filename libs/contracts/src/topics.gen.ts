// Generated from schemas/avro by `npm run codegen`. Do not edit.
import type { TopicDefinition } from './topic';

/** Every topic there is. Topics are created from here and nowhere else; partitions never change. */
export const topicCatalogue: readonly TopicDefinition[] = [
  {"name":"agent.events.v1","context":"agent","kind":"event","partitions":12,"config":{"cleanup.policy":"delete","retention.ms":"-1"}},
  {"name":"agent.commands.v1","context":"agent","kind":"command","partitions":12,"config":{"cleanup.policy":"delete","retention.ms":"1209600000"}},
  {"name":"agent.replies.v1","context":"agent","kind":"reply","partitions":3,"config":{"cleanup.policy":"delete","retention.ms":"-1"}},
  {"name":"notification.events.v1","context":"notification","kind":"event","partitions":12,"config":{"cleanup.policy":"delete","retention.ms":"-1"}},
  {"name":"notification.commands.v1","context":"notification","kind":"command","partitions":12,"config":{"cleanup.policy":"delete","retention.ms":"1209600000"}},
  {"name":"notification.replies.v1","context":"notification","kind":"reply","partitions":3,"config":{"cleanup.policy":"delete","retention.ms":"-1"}},
  {"name":"project.events.v1","context":"project","kind":"event","partitions":12,"config":{"cleanup.policy":"delete","retention.ms":"-1"}},
  {"name":"project.commands.v1","context":"project","kind":"command","partitions":12,"config":{"cleanup.policy":"delete","retention.ms":"1209600000"}},
  {"name":"project.replies.v1","context":"project","kind":"reply","partitions":3,"config":{"cleanup.policy":"delete","retention.ms":"-1"}},
  {"name":"scheduler.events.v1","context":"scheduler","kind":"event","partitions":12,"config":{"cleanup.policy":"delete","retention.ms":"-1"}},
  {"name":"scheduler.commands.v1","context":"scheduler","kind":"command","partitions":12,"config":{"cleanup.policy":"delete","retention.ms":"1209600000"}},
  {"name":"scheduler.replies.v1","context":"scheduler","kind":"reply","partitions":3,"config":{"cleanup.policy":"delete","retention.ms":"-1"}},
  {"name":"system.events.v1","context":"system","kind":"event","partitions":12,"config":{"cleanup.policy":"delete","retention.ms":"-1"}},
  {"name":"system.commands.v1","context":"system","kind":"command","partitions":12,"config":{"cleanup.policy":"delete","retention.ms":"1209600000"}},
  {"name":"system.replies.v1","context":"system","kind":"reply","partitions":3,"config":{"cleanup.policy":"delete","retention.ms":"-1"}},
  {"name":"work-item.events.v1","context":"work-item","kind":"event","partitions":12,"config":{"cleanup.policy":"delete","retention.ms":"-1"}},
  {"name":"work-item.commands.v1","context":"work-item","kind":"command","partitions":12,"config":{"cleanup.policy":"delete","retention.ms":"1209600000"}},
  {"name":"work-item.replies.v1","context":"work-item","kind":"reply","partitions":3,"config":{"cleanup.policy":"delete","retention.ms":"-1"}},
];
