locals {
  # The topic whose place each moved one took.
  places = {
    for name in keys(var.moved_topics) : name => one([for topic in keys(var.topics) : topic if startswith(name, "${topic}.")])
  }
  topics = merge(var.topics, {
    for name, partitions in var.moved_topics : name => { partitions = partitions, config = var.topics[local.places[name]].config }
  })
}

resource "kafka_topic" "this" {
  for_each = local.topics

  name               = each.key
  partitions         = each.value.partitions
  replication_factor = var.replication_factor
  config             = merge(each.value.config, { "min.insync.replicas" = tostring(var.min_insync_replicas) })

  # The log is the source of every read model, and the partition of a key is fixed for the life of a topic.
  lifecycle {
    prevent_destroy = true
  }
}
