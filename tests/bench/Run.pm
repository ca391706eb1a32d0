# SPDX-License-Identifier: ISC
#
# Run.pm - namespaces of one's own, and programs in them: started with what
# they read and write, measured or traced, waited for, and never for ever.
package Run;
use strict;
use warnings;
use Exporter 'import';
use FindBin;
use POSIX ();

our @EXPORT = qw(enter have start settle stop stop_all next_port
    await_listener
    measured traced usage calls slurp);

# No program of a benchmark takes longer, in seconds.
use constant LIMIT => 300;

my $port = 2000;
my %running;

# enter(DIR, FILES) - runs the script again, in DIR, with lo and no other
# network, every port free, files in memory, no process that outlives it, and
# leave to open so many FILES at once.
sub enter {
	my ($dir, $files) = @_;
	my $script = "$FindBin::Bin/$FindBin::Script";
	my @root = $> == 0 ? () : ('--map-root-user');
	exec 'unshare', @root, qw(--net --mount --pid --fork --kill-child
	    --mount-proc sh -c), <<'END', 'sh', $dir, $files, $script, @ARGV
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

# have(COMMAND) - whether it can be executed.
sub have {
	my ($command) = @_;
	return grep { -x "$_/$command" } split /:/, $ENV{PATH};
}

# start(COMMAND, IN, OUT) - its pid.  IN and OUT are names or open files; what
# it has to complain about is in the file "stderr".
sub start {
	my ($command, $in, $out) = @_;
	my $pid = fork // die "fork: $!\n";
	$running{$pid} = 1;
	setpgrp $pid, 0; # on both sides, as nobody knows who is first
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

# settle(PID...) - waits until all have ended, and dies unless they did well.
sub settle {
	my @failed = grep { $_ } map { await($_) } @_;
	die "status $failed[0]\n" if @failed;
}

# stop(PID) - ends a server.
sub stop {
	my ($pid) = @_;
	kill TERM => -$pid;
	await($pid);
}

# stop_all() - whatever still runs.
sub stop_all {
	for my $pid (keys %running) {
		kill KILL => -$pid;
		await($pid);
	}
}

sub await {
	my ($pid) = @_;
	local $SIG{ALRM} = sub { kill KILL => -$pid };
	alarm LIMIT;
	1 while waitpid($pid, 0) == -1 && $!{EINTR};
	alarm 0;
	delete $running{$pid};
	return $?;
}

# next_port() - one that the last runs did not have.
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

# measured(NAME, COMMAND, TIMES), traced(NAME, COMMAND) - the command such that
# usage(NAME), calls(NAME) tell afterwards what it used.
sub measured {
	my ($name, $command, $times) = @_;
	return ['measure', "$name.used", $times // 1, @$command];
}

sub traced {
	my ($name, $command) = @_;
	return [qw(strace -f -c -o), "$name.calls", @$command];
}

# usage(NAME) - seconds, of them in user and in system mode, peak KiB.
sub usage {
	my ($name) = @_;
	return split ' ', slurp("$name.used");
}

# calls(NAME) - how many there were of each system call, and in total.
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
