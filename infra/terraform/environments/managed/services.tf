locals {
  events  = [for name in keys(var.topics) : name if endswith(name, ".events.v1")]
  replies = [for name in keys(var.topics) : name if endswith(name, ".replies.v1")]

  # Least privilege: what a service consumes, and what its relay publishes. Whoever consumes also tells what it had to park,
  # in system.events.v1. The gateway never speaks to Kafka.
  services = {
    "project" = {
      reads        = ["project.commands.v1"]
      writes       = ["project.events.v1", "project.replies.v1", "system.events.v1"]
      group_prefix = "project."
    }
    "work-item" = {
      reads = [
        "scheduler.events.v1", "agent.events.v1", "project.events.v1",
        "project.replies.v1", "scheduler.replies.v1", "notification.replies.v1",
      ]
      writes = [
        "work-item.events.v1", "work-item.replies.v1", "system.events.v1",
        "project.commands.v1", "scheduler.commands.v1", "notification.commands.v1",
      ]
      group_prefix = "work-item."
    }
    "scheduler" = {
      reads        = ["scheduler.commands.v1", "work-item.events.v1", "agent.events.v1"]
      writes       = ["scheduler.events.v1", "scheduler.replies.v1", "system.events.v1"]
      group_prefix = "scheduler."
    }
    "agent-manager" = {
      reads        = ["scheduler.events.v1", "work-item.events.v1", "project.events.v1"]
      writes       = ["agent.events.v1", "agent.replies.v1", "system.events.v1"]
      group_prefix = "agent-manager."
    }
    "notification" = {
      reads        = ["notification.commands.v1"]
      writes       = ["notification.events.v1", "notification.replies.v1", "system.events.v1"]
      group_prefix = "notification."
    }
    "audit" = {
      reads        = concat(local.events, local.replies)
      writes       = ["system.events.v1"]
      group_prefix = "audit."
    }
    "projector" = {
      reads        = local.events
      writes       = ["system.events.v1"]
      group_prefix = "projector."
    }
    "query-api" = {
      reads        = local.events
      writes       = []
      group_prefix = "query-api."
    }
  }
}
