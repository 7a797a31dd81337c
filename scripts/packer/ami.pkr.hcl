# An AMI with the agent in it, enabled, for one of three systems: -only='ami.amazon-ebs.debian-12' and so on.

locals {
  instance_type = var.instance_type != null ? var.instance_type : var.arch == "arm64" ? "t4g.small" : "t3.small"
  debian_arch   = var.arch == "arm64" ? "arm64" : "amd64"
  image_version = formatdate("YYYYMMDD-hhmmss", timestamp())
  image_tags = {
    "cs-instance-watcher" = basename(var.tarball)
    "base-ami"            = "{{ .SourceAMI }}"
  }
}

source "amazon-ebs" "amazon-linux-2023" {
  ami_name                  = "cs-instance-watcher-amazon-linux-2023-${var.arch}-${local.image_version}"
  region                    = var.region
  instance_type             = local.instance_type
  subnet_id                 = var.subnet_id
  ssh_username              = "ec2-user"
  ssh_clear_authorized_keys = true
  tags                      = local.image_tags

  source_ami_filter {
    filters = {
      name                = "al2023-ami-2023.*-${var.arch}"
      root-device-type    = "ebs"
      virtualization-type = "hvm"
    }
    owners      = ["amazon"]
    most_recent = true
  }
}

source "amazon-ebs" "debian-12" {
  ami_name                  = "cs-instance-watcher-debian-12-${var.arch}-${local.image_version}"
  region                    = var.region
  instance_type             = local.instance_type
  subnet_id                 = var.subnet_id
  ssh_username              = "admin"
  ssh_clear_authorized_keys = true
  tags                      = local.image_tags

  source_ami_filter {
    filters = {
      name                = "debian-12-${local.debian_arch}-*"
      root-device-type    = "ebs"
      virtualization-type = "hvm"
    }
    # https://wiki.debian.org/Cloud/AmazonEC2Image
    owners      = ["136693071363"]
    most_recent = true
  }
}

source "amazon-ebs" "ubuntu-24-04" {
  ami_name                  = "cs-instance-watcher-ubuntu-24.04-${var.arch}-${local.image_version}"
  region                    = var.region
  instance_type             = local.instance_type
  subnet_id                 = var.subnet_id
  ssh_username              = "ubuntu"
  ssh_clear_authorized_keys = true
  tags                      = local.image_tags

  source_ami_filter {
    filters = {
      name                = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${local.debian_arch}-server-*"
      root-device-type    = "ebs"
      virtualization-type = "hvm"
    }
    # Canonical
    owners      = ["099720109477"]
    most_recent = true
  }
}

build {
  name = "ami"
  sources = [
    "source.amazon-ebs.amazon-linux-2023",
    "source.amazon-ebs.debian-12",
    "source.amazon-ebs.ubuntu-24-04",
  ]

  provisioner "file" {
    source      = var.tarball
    destination = "/var/tmp/cs-instance-watcher.tar.xz"
  }

  provisioner "shell" {
    script          = "${path.root}/provision.sh"
    execute_command = "sudo env {{ .Vars }} sh {{ .Path }}"
    environment_vars = [
      "TARBALL=/var/tmp/cs-instance-watcher.tar.xz",
      "TARBALL_SHA256=${var.tarball_sha256}",
      "CONFIGURATION=${local.configuration}",
    ]
  }
}
