locals {
  # Both the topic of the catalogue and those that took its place: while a context moves, both are in use.
  topics_at = {
    for topic in keys(var.topics) : topic => concat([topic], [for name, place in local.places : name if place == topic])
  }
  access = {
    for name, service in var.services : name => {
      reads  = toset(flatten([for topic in service.reads : local.topics_at[topic]]))
      writes = toset(flatten([for topic in service.writes : local.topics_at[topic]]))
    }
  }

  # Read and Write imply Describe. DescribeConfigs lets a service see that an event topic keeps everything.
  topic_grants = flatten([
    for name, service in local.access : concat(
      [for topic in service.reads : { name = name, topic = topic, operation = "Read" }],
      [for topic in service.writes : { name = name, topic = topic, operation = "Write" }],
      [for topic in setunion(service.reads, service.writes) : { name = name, topic = topic, operation = "DescribeConfigs" }],
    )
  ])
}

resource "kafka_acl" "topic" {
  for_each = { for grant in local.topic_grants : "${grant.name}/${grant.operation}/${grant.topic}" => grant }

  acl_principal                = "User:${each.value.name}"
  acl_host                     = "*"
  acl_operation                = each.value.operation
  acl_permission_type          = "Allow"
  resource_type                = "Topic"
  resource_name                = kafka_topic.this[each.value.topic].name
  resource_pattern_type_filter = "Literal"
}

# Join, commit and leave; also what removes members that a crashed process of the service left behind.
resource "kafka_acl" "group" {
  for_each = { for name, service in var.services : name => service.group_prefix if service.group_prefix != null }

  acl_principal                = "User:${each.key}"
  acl_host                     = "*"
  acl_operation                = "Read"
  acl_permission_type          = "Allow"
  resource_type                = "Group"
  resource_name                = each.value
  resource_pattern_type_filter = "Prefixed"
}
