terraform {
  required_version = ">= 1.11"

  required_providers {
    kafka = {
      source  = "Mongey/kafka"
      version = "~> 0.13"
    }
    postgresql = {
      source  = "cyrilgdn/postgresql"
      version = "~> 1.25"
    }
  }
}

provider "kafka" {
  bootstrap_servers = var.kafka_brokers
  tls_enabled       = true
  sasl_mechanism    = var.kafka_admin.mechanism
  sasl_username     = var.kafka_admin.username
  sasl_password     = var.kafka_admin.password
}

provider "postgresql" {
  host      = var.postgres_admin.host
  port      = var.postgres_admin.port
  username  = var.postgres_admin.username
  password  = var.postgres_admin.password
  sslmode   = "verify-full"
  superuser = false
}

module "kafka" {
  source = "../../modules/kafka"

  topics              = var.topics
  moved_topics        = var.moved_topics
  services            = local.services
  passwords           = var.kafka_passwords
  replication_factor  = var.replication_factor
  min_insync_replicas = var.min_insync_replicas
}

module "postgres" {
  source = "../../modules/postgres"

  databases = ["project", "work_item", "scheduler", "agent_manager", "notification", "audit", "read_models"]
  readers   = { query_api = "read_models" }
  passwords = var.postgres_passwords
}
