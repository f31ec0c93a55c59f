#!/bin/bash
# PID 1 of a User-Mode Linux guest: puts a tmpfs over the host's file tree, loads modules, runs one command, halts.
# UMLRUN_CTL, the control directory, arrives as a kernel parameter. Exit codes travel back through files in it.
ctl=$UMLRUN_CTL
export PATH=$ctl/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
halt_now() { halt -f -d >/dev/null 2>&1; echo o >/proc/sysrq-trigger; sleep 5; }
die() { echo "guest init: $*" >/dev/console; halt_now; exit 125; }
mods=/usr/lib/uml/modules/$(uname -r)

# Stage 1: the host's files read-only below, the guest's memory above, and that pair becomes the root.
if [ "${UMLRUN_STAGE:-1}" = 1 ]; then
  mount -t proc proc /proc                      || die "cannot mount /proc"
  mount -t tmpfs -o size=90% upper /mnt         || die "cannot mount a tmpfs"
  mkdir -p /mnt/upper /mnt/work /mnt/root /mnt/m/lib/modules
  if ! grep -qw overlay /proc/filesystems; then
    ln -s "$mods" /mnt/m/lib/modules/ && modprobe -d /mnt/m overlay || die "no overlayfs"
  fi
  mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root || die "cannot mount overlay"
  cd /mnt/root && pivot_root . mnt              || die "pivot_root failed"
  umount /mnt/proc
  UMLRUN_STAGE=2 exec chroot . /bin/bash "$ctl/init"
fi

# Stage 2: the file systems every Linux has, then the configuration of this guest.
cd /
[ -O /bin/mount ] || mount -o remount,nosuid /   # started by an ordinary user: set-uid would demote to nobody
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=666 devpts /dev/pts; mount -t tmpfs shm /dev/shm; ln -sf /proc/self/fd /dev/fd
mount -t tmpfs -o mode=755 run /run; mkdir -p /run/lock /run/netns /run/guest
mount -t hostfs -o "$ctl" ctl /run/guest        || die "cannot mount the control directory"
umount -l /mnt 2>/dev/null                      # hides the bare host file tree
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
. /run/guest/conf                               # MODULES HOSTNAME_ WRITABLE WORKDIR CMD
for d in "${WRITABLE[@]}"; do mkdir -p "$d"; mount -t hostfs -o "$d" rw "$d" || die "cannot mount $d"; done
if [ -d "$mods" ]; then
  mkdir -p /lib/modules; [ -e "/lib/modules/$(uname -r)" ] || ln -s "$mods" /lib/modules/
  modprobe -a -q "${MODULES[@]}" ||
    for m in "${MODULES[@]}"; do modprobe -q "$m" || echo "guest init: no module $m" >/dev/console; done
fi
hostname "$HOSTNAME_"; ip link set lo up; ulimit -n 65536; ulimit -c 0
touch /run/guest/booted
cd "$WORKDIR" || die "cannot enter $WORKDIR"

# The command writes to pipes, not to the consoles, so that no terminal touches its bytes.
stty -F /dev/tty1 raw -echo 2>/dev/null; stty -F /dev/tty2 raw -echo 2>/dev/null
mkfifo /run/o /run/e
cat </run/o >/dev/tty1 & po=$!; cat </run/e >/dev/tty2 & pe=$!
( unset UMLRUN_CTL UMLRUN_STAGE ctl
  exec env -i /bin/bash -c '. /run/guest/env; exec "$@"' guest "${CMD[@]}" ) </dev/null >/run/o 2>/run/e
rc=$?
# Daemons the command left behind hold the pipes open: end them, then wait until the last byte is out.
for p in /proc/[0-9]*; do p=${p#/proc/}; case $p in 1|$$|$po|$pe) ;; *) kill -9 "$p" ;; esac; done 2>/dev/null
wait $po $pe
echo $rc >/run/guest/rc.new; mv /run/guest/rc.new /run/guest/rc
halt_now
