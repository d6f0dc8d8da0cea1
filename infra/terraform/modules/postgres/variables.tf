variable "databases" {
  description = "One database for each service that stores anything, owned by a role of the same name."
  type        = set(string)
}

variable "readers" {
  description = "Read-only logins: the database each may read, by its role."
  type        = map(string)
  default     = {}
}

variable "passwords" {
  description = "Password of each role, by its name."
  type        = map(string)
  sensitive   = true
}
