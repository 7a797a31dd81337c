# For Packer 1.11 and later, where `packer init scripts/packer` fetches what is named here. Older ones have the builder built in and
# do not know this block: leave this file out for them.
packer {
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = ">= 1.3.0"
    }
  }
}
