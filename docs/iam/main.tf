# The policy of cs-instance-watcher, and a role and instance profile that have it. For instances that have a role already, pass its
# name as `role_name`: only the attachment is made then.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.0"
    }
  }
}

variable "name" {
  type        = string
  default     = "cs-instance-watcher"
  description = "Name of what is made here."
}

variable "role_name" {
  type        = string
  default     = null
  description = "The role that the instances have already; null: one is made, with an instance profile."
}

data "aws_partition" "current" {}

locals {
  makes_role = var.role_name == null
}

resource "aws_iam_policy" "watcher" {
  name        = var.name
  description = "What cs-instance-watcher asks of AWS: its instance's tags, and where the Interaction API is"
  policy      = file("${path.module}/policy.json")
}

resource "aws_iam_role_policy_attachment" "watcher" {
  role       = local.makes_role ? aws_iam_role.instance[0].name : var.role_name
  policy_arn = aws_iam_policy.watcher.arn
}

resource "aws_iam_role" "instance" {
  count = local.makes_role ? 1 : 0
  name  = var.name
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.${data.aws_partition.current.dns_suffix}" }
    }]
  })
}

resource "aws_iam_instance_profile" "instance" {
  count = local.makes_role ? 1 : 0
  name  = var.name
  role  = aws_iam_role.instance[0].name
}

output "policy_arn" {
  value       = aws_iam_policy.watcher.arn
  description = "For roles that are made elsewhere."
}

output "instance_profile" {
  value       = local.makes_role ? aws_iam_instance_profile.instance[0].name : null
  description = "For the instances, where the role was made here."
}
