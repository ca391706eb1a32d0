# SPDX-License-Identifier: ISC
#
# Run.pm - runs programs in namespaces of their own: starts them with their
# input and output, measures or traces them, and waits for them with a time
# limit.
package Run;
use strict;
use warnings;
use Exporter 'import';
use FindBin;
use List::Util 'first';
use POSIX ();

our @EXPORT = qw(enter have start settle stop stop_all next_port
    await_listener
    measured traced usage calls slurp);

# The time limit for each program of a benchmark, in seconds.
use constant LIMIT => 300;

my $port = 2000;
my %running;
my %ended; # pid => status, of those that nobody has waited for yet

# enter(DIR, FILES) - runs the script again, in DIR, in a network that has only
# lo, with all ports free, files in memory, no processes that outlive it, and
# permission to open so many FILES at once.  unshare(1) before util-linux 2.38
# leaves its child some signals ignored.
sub enter {
	my ($dir, $files) = @_;
	my $script = "$FindBin::Bin/$FindBin::Script";
	my @root = $> == 0 ? () : ('--map-root-user');
	exec 'unshare', @root, qw(--net --mount --pid --fork --kill-child
	    --mount-proc env --default-signal=INT --default-signal=TERM sh -c),
	    <<'END', 'sh', $dir, $files, $script, @ARGV
		mount -t tmpfs bench "$1" && cd "$1" || exit
		ulimit -n "$2" 2>/dev/null || {
			echo "The system does not let us open $2 files." >&2
			exit 1
		}
		shift 2
		ip link set lo up &&
		sysctl -qw net.ipv4.ip_local_port_range='10000 65535' &&
		BENCH_INSIDE=1 exec "$@"
END
	    or die "unshare: $!\n" unless delete $ENV{BENCH_INSIDE};
}

# have(COMMAND) - whether the command is on the PATH, or is a program's file.
sub have {
	my ($command) = @_;
	return -x $command if $command =~ m{/};
	return grep { -x "$_/$command" } split /:/, $ENV{PATH};
}

# start(COMMAND, IN, OUT) - starts the command and returns its pid.  IN and OUT
# are names or open files.  Its stderr goes to the file "stderr".
sub start {
	my ($command, $in, $out) = @_;
	my $pid = fork // die "fork: $!\n";
	$running{$pid} = 1;
	setpgrp $pid, 0; # in both processes, as either may run first
	return $pid if $pid;
	if (redirect(\*STDIN, '<', $in) && redirect(\*STDOUT, '>', $out) &&
	    redirect(\*STDERR, '>>', 'stderr')) {
		no warnings 'exec';
		exec @$command;
	}
	warn "$command->[0]: $!\n";
	POSIX::_exit(127);
}

sub redirect {
	my ($fd, $mode, $to) = @_;
	return open $fd, ref $to ? "$mode&" : $mode, $to // '/dev/null';
}

# settle(PID...) - waits until all have ended, and dies as soon as one of them has
# failed: the others may wait for it.
sub settle {
	my %left = map { $_ => 1 } @_;
	while (%left) {
		my ($pid, $status) = await(keys %left);
		die "status $status\n" if $status;
		delete $left{$pid};
	}
}

# stop(PID) - ends a server.
sub stop {
	my ($pid) = @_;
	kill TERM => -$pid;
	await($pid);
}

# stop_all() - ends all processes that still run.
sub stop_all {
	for my $pid (keys %running) {
		kill KILL => -$pid;
		await($pid);
	}
}

# await(PID...) - waits until one of these has ended.  Returns it and its status.
sub await {
	my (@pids) = @_;
	my $found;
	local $SIG{ALRM} = sub { kill KILL => map { -$_ } @pids };
	alarm LIMIT;
	until ($found = first { exists $ended{$_} } @pids) {
		my $pid = waitpid -1, 0;
		$ended{$pid} = $? if $pid > 0;
		die "waitpid: $!\n" if $pid == -1 && !$!{EINTR};
	}
	alarm 0;
	delete $running{$found};
	return $found, delete $ended{$found};
}

# next_port() - a port that the last runs did not use.
sub next_port {
	$port = 2000 if ++$port == 10000;
	return $port;
}

# await_listener(PORT)
sub await_listener {
	my ($port) = @_;
	settle(start([qw(tcpu accept-ready --listening --wait=10 -4
	    127.0.0.1), $port]));
}

# measured(NAME, COMMAND, TIMES), traced(NAME, COMMAND) - the command with a
# wrapper, so that usage(NAME) or calls(NAME) can report on it afterwards.
sub measured {
	my ($name, $command, $times) = @_;
	return ['measure', "$name.used", $times // 1, @$command];
}

sub traced {
	my ($name, $command) = @_;
	return [qw(strace -f -c -o), "$name.calls", @$command];
}

# usage(NAME) - seconds elapsed, in user mode and in system mode, and peak KiB.
sub usage {
	my ($name) = @_;
	return split ' ', slurp("$name.used");
}

# calls(NAME) - the number of each of its system calls, and their total.
sub calls {
	my ($name) = @_;
	my @rows = grep { /^ *\d/ } split /\n/, slurp("$name.calls");
	return map { (split)[-1, 3] } @rows;
}

# slurp(FILE) - its contents.
sub slurp {
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!\n";
	local $/;
	return scalar <$in>;
}

1;
