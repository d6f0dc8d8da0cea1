resource "kafka_topic" "this" {
  for_each = var.topics

  name               = each.key
  partitions         = each.value.partitions
  replication_factor = var.replication_factor
  config             = merge(each.value.config, { "min.insync.replicas" = tostring(var.min_insync_replicas) })

  # The log is the source of every read model, and the partition of a key is fixed for the life of a topic.
  lifecycle {
    prevent_destroy = true
  }
}
