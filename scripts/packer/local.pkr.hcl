# The same provisioning of a Debian root in a directory of this machine, without AWS: -only='local.null.root' -var root=DIR, as root.
# It is how the tests run provision.sh; the root can go into an image of another kind.

source "null" "root" {
  communicator = "none"
}

build {
  name    = "local"
  sources = ["source.null.root"]

  provisioner "shell-local" {
    environment_vars = [
      "ROOT=${var.root}",
      "PROVISION=${path.root}/provision.sh",
      "TARBALL=${var.tarball}",
      "TARBALL_SHA256=${var.tarball_sha256}",
      "CONFIGURATION=${local.configuration}",
    ]
    script = "${path.root}/provision-root.sh"
  }
}
