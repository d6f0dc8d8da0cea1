resource "postgresql_role" "owner" {
  for_each = var.databases

  name     = each.key
  login    = true
  password = var.passwords[each.key]
}

# Tables are the services' own business: each migrates its database when it starts.
resource "postgresql_database" "this" {
  for_each = var.databases

  name              = each.key
  owner             = postgresql_role.owner[each.key].name
  allow_connections = true

  lifecycle {
    prevent_destroy = true
  }
}

resource "postgresql_role" "reader" {
  for_each = var.readers

  name     = each.key
  login    = true
  password = var.passwords[each.key]
}

# Nobody connects to a database that is not theirs.
resource "postgresql_grant" "public" {
  for_each = var.databases

  database    = postgresql_database.this[each.key].name
  role        = "public"
  object_type = "database"
  privileges  = []
}

resource "postgresql_grant" "reader_connects" {
  for_each = var.readers

  database    = postgresql_database.this[each.value].name
  role        = postgresql_role.reader[each.key].name
  object_type = "database"
  privileges  = ["CONNECT"]
}

# What the owner creates later on, too: schemas to look into, tables to read.
resource "postgresql_default_privileges" "reader" {
  for_each = merge(
    { for role, database in var.readers : "${role}/schema" => { role = role, database = database, type = "schema", privilege = "USAGE" } },
    { for role, database in var.readers : "${role}/table" => { role = role, database = database, type = "table", privilege = "SELECT" } },
  )

  database    = postgresql_database.this[each.value.database].name
  owner       = postgresql_role.owner[each.value.database].name
  role        = postgresql_role.reader[each.value.role].name
  object_type = each.value.type
  privileges  = [each.value.privilege]
}
