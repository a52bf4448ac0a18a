#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Get Debian's kernel and the modules that the guest of test_nic.py loads, without installing them:
# DIRECTORY/vmlinux (uncompressed, which starts fastest in an emulator) and DIRECTORY/modules/*.ko.
# usage: unpack.sh DIRECTORY
set -eu

modules="drivers/uio/uio drivers/uio/uio_pci_generic virt/lib/irqbypass drivers/vfio/vfio_virqfd
	drivers/vfio/vfio drivers/vfio/vfio_iommu_type1 drivers/vfio/pci/vfio-pci-core
	drivers/vfio/pci/vfio-pci drivers/net/tun"

[ ! -e "$1/.complete" ] || exit 0
rm -rf "$1"
mkdir -p "$1/modules"
cd "$1"

package_name() {
	apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1
}

download() {
	package=$(package_name)
	[ -n "$package" ] && apt-get download -q "$package"
}

# The kernel inside a bzImage is one xz stream.
uncompress() {
	python3 -c 'import lzma, sys
data = open(sys.argv[1], "rb").read()
data = data[data.index(b"\xfd7zXZ\0"):]
open(sys.argv[2], "wb").write(lzma.LZMADecompressor().decompress(data))' "$1" "$2"
}

echo "unpacking linux-image-amd64"
if ! { download || { apt-get update -q && download; }; } >&2; then
	echo "unpack.sh: 'linux-image-amd64' cannot be had" >&2
	exit 1
fi
dpkg-deb --fsys-tarfile linux-image-*.deb | tar -x --wildcards './boot/vmlinuz-*' './lib/modules/*'
for module in $modules; do
	cp lib/modules/*/kernel/"$module.ko" modules/
done
uncompress boot/vmlinuz-* vmlinux
rm -rf linux-image-*.deb boot lib
touch .complete
