variable "topics" {
  description = "From topics.auto.tfvars.json, which npm run codegen writes from the schemas."
  type = map(object({
    partitions = number
    config     = map(string)
  }))
}

variable "moved_topics" {
  description = "What KAFKA_TOPICS says, as a map of partitions by name: topics that took the place of one of the catalogue."
  type        = map(number)
  default     = {}
}

variable "kafka_brokers" {
  description = "host:port of some brokers, with TLS."
  type        = list(string)
}

variable "kafka_admin" {
  description = "Who may create topics, users and ACLs. No service may."
  type = object({
    mechanism = optional(string, "scram-sha512")
    username  = string
    password  = string
  })
  sensitive = true
}

variable "kafka_passwords" {
  description = "KAFKA_SASL_PASSWORD of each service."
  type        = map(string)
  sensitive   = true
}

variable "postgres_admin" {
  description = "Who may create databases and roles."
  type = object({
    host     = string
    port     = optional(number, 5432)
    username = string
    password = string
  })
  sensitive = true
}

variable "postgres_passwords" {
  description = "Password of each database's owner, and of query_api."
  type        = map(string)
  sensitive   = true
}

variable "replication_factor" {
  description = "Copies of each partition."
  type        = number
  default     = 3
}

variable "min_insync_replicas" {
  description = "Copies that must have a record before it is acknowledged."
  type        = number
  default     = 2
}
