output "principals" {
  description = "The user names that services sign in with: KAFKA_SASL_USERNAME."
  value       = { for name in keys(var.services) : name => "User:${name}" }
}

output "topics" {
  description = "Names of all topics."
  value       = keys(kafka_topic.this)
}
