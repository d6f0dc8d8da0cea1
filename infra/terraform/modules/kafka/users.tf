resource "kafka_user_scram_credential" "this" {
  for_each = toset([for name in keys(var.services) : name if contains(nonsensitive(keys(var.passwords)), name)])

  username         = each.key
  password         = var.passwords[each.key]
  scram_mechanism  = var.scram_mechanism
  scram_iterations = 8192
}
