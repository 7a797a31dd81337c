# What an image is made of. Pass them with -var or -var-file; docs/baking.md has the commands.
# regex_replace stands for a match: the matching functions came after Packer 1.6, which Debian has.

variable "tarball" {
  type        = string
  description = "The release for `arch`: cs-instance-watcher-<version>-linux-<x64|arm64>.tar.xz."

  validation {
    condition     = regex_replace(var.tarball, "^.+\\.tar(\\.xz)?$", "") == ""
    error_message = "The tarball must be a .tar.xz file of a release."
  }
}

variable "tarball_sha256" {
  type        = string
  description = "Its SHA-256 checksum, from where the release is announced. The builder refuses any other file."

  validation {
    condition     = regex_replace(var.tarball_sha256, "^[0-9a-f]{64}$", "") == ""
    error_message = "The tarball_sha256 must be 64 hexadecimal digits in lower case."
  }
}

variable "arch" {
  type        = string
  default     = "x86_64"
  description = "The architecture of the image: x86_64 or arm64. The tarball must be for the same."

  validation {
    condition     = contains(["x86_64", "arm64"], var.arch)
    error_message = "The arch must be x86_64 or arm64."
  }
}

variable "ports" {
  type        = list(string)
  default     = ["80", "443"]
  description = "Ports and ranges (8000-8100) that refuse new connections while the instance drains."

  validation {
    condition     = length([for port in var.ports : port if regex_replace(port, "^[0-9]{1,5}(-[0-9]{1,5})?$", "") != ""]) == 0
    error_message = "Each of the ports must be a number, or a range such as 8000-8100."
  }
}

variable "options" {
  type        = map(string)
  default     = {}
  description = "Further options of the agent, as its configuration file has them, e.g. { \"health-listen\" = \"8081\" }."

  validation {
    condition     = length([for name in keys(var.options) : name if regex_replace(name, "^[a-z][a-z_-]*$", "") != ""]) == 0
    error_message = "The names of options are those of the command line, without the leading dashes."
  }
}

variable "region" {
  type        = string
  default     = null
  description = "Where the image is made; null: AWS_REGION, or that of the profile."
}

variable "instance_type" {
  type        = string
  default     = null
  description = "The builder's type; null: the smallest usual one of the architecture."
}

variable "subnet_id" {
  type        = string
  default     = null
  description = "Where the builder runs; null: the default VPC."
}

variable "root" {
  type        = string
  default     = ""
  description = "Of local.null.root only: the directory of the file system that is provisioned."
}

locals {
  configuration = jsonencode(merge(var.options, {
    "on-draining-block-new-connections-to-ports" = join(" ", var.ports)
  }))
}
