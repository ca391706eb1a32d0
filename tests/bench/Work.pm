# SPDX-License-Identifier: ISC
#
# Work.pm - the kinds of work that a benchmark can choose from.  Each function
# takes a benchmark, a contender's commands, and whether to count system calls
# instead of time.  It returns metric => value, or dies if a result was wrong.
package Work;
use strict;
use warnings;
use Exporter 'import';
use List::Util 'max';
use Run;
use Time::HiRes 'time';

our @EXPORT = qw(transfer in_pieces echo idle idle_alone visit start_up shake
    switch_threads pass_messages wake_up tick delay);

use constant { MiB => 2**20, GiB => 2**30 };

# command(LINE, WORD => VALUE...)
sub command {
	my ($line, %values) = @_;
	return [map { $values{$_} // s/PORT/$values{PORT}/r } split ' ', $line];
}

sub watched {
	my ($tracing, @command) = @_;
	return $tracing ? traced(@command) : measured(@command);
}

# spent(NAME...) - the CPU seconds of all these processes.
sub spent {
	my $sum = 0;
	for my $name (@_) {
		my (undef, $user, $system) = usage($name);
		$sum += $user + $system;
	}
	return $sum;
}

sub called {
	my $sum = 0;
	for my $name (@_) {
		my %calls = calls($name);
		$sum += $calls{total};
	}
	return $sum;
}

# Whole lines only, and fewer of them for traced programs, which are slow.
sub bytes_of {
	my ($b, $tracing) = @_;
	return 64 * max(1, int($b->{bytes} / 64 / ($tracing ? 4 : 1)));
}

sub transfer {
	my ($b, $commands, $tracing) = @_;
	my ($listen, $connect, $quiet) = @$commands;
	my $bytes = bytes_of($b, $tracing);
	my $port = next_port();
	pipe my $silence, my $held;
	my ($out, @drain) = outlet($b->{out});
	my $receiver = start(watched($tracing, 'receiver',
		command($listen, PORT => $port)), $quiet && $silence, $out);
	close $out;
	await_listener($port);
	my ($in, @feed) = inlet($b->{in}, $bytes);
	my $begin = time;
	my $sender = start(watched($tracing, 'sender',
		command($connect, PORT => $port)), $in);
	close $in;
	settle(@feed, $sender, $receiver, @drain);
	my $took = time - $begin;
	my $arrived = arrived($b->{out});
	die "$arrived of $bytes bytes\n" if $arrived && $arrived != $bytes;
	my @both = qw(receiver sender);
	return calls => called(@both) / $bytes * GiB if $tracing;
	return rate => $bytes / MiB / $took, cpu => spent(@both) / $bytes * GiB;
}

# outlet(KIND) - the output of a receiver, and the process that reads it.
sub outlet {
	my ($kind) = @_;
	my ($in, $out);
	if ($kind eq 'pipe') {
		pipe $in, $out;
		return $out, start([qw(hand drain)], $in, 'drained');
	}
	unlink 'out';
	open $out, '>', $kind eq 'file' ? 'out' : '/dev/null' or die "$!\n";
	return $out;
}

# inlet(KIND, BYTES) - the input of a sender, and the process that writes it.
sub inlet {
	my ($kind, $bytes) = @_;
	my @head = ('head', '-c', $bytes, '/dev/zero');
	my ($in, $out);
	if ($kind eq 'pipe') {
		pipe $in, $out;
		return $in, start(\@head, undef, $out);
	}
	settle(start(\@head, undef, 'in')) if (-s 'in' // 0) != $bytes;
	open $in, '<', 'in' or die "in: $!\n";
	return $in;
}

sub arrived {
	my ($kind) = @_;
	return $kind eq 'null' ? undef : $kind eq 'file' ? -s 'out'
	    : slurp('drained') + 0;
}

sub in_pieces {
	my ($b, $commands, $tracing) = @_;
	my $bytes = bytes_of($b, $tracing);
	my $port = next_port();
	my ($line) = @$commands;
	my $sends = $b->{what} =~ /connect|write/;
	my $ours = command($line, WHAT => $b->{what}, PORT => $port);
	my $other = ['pieces', 'raw', $sends ? 'listen' : 'connect', $port];
	push @{$sends ? $ours : $other}, $bytes;
	push @{$b->{what} eq 'copy' ? $ours : $other}, $b->{piece}
	    if $b->{piece};
	$ours = watched($tracing, 'ours', $ours);
	my ($listen, $connect) = $sends ? ($other, $ours) : ($ours, $other);
	my $receiver = start($listen, undef, 'received');
	await_listener($port);
	my $begin = time;
	settle(start($connect), $receiver);
	my $took = time - $begin;
	die "bytes are missing\n" if slurp('received') != $bytes;
	return calls => called('ours') / $bytes * GiB if $tracing;
	my (undef, $user) = usage('ours');
	my $spent = spent('ours');
	return rate => $bytes / MiB / $took, cpu => $spent / $bytes * GiB,
	    line => $user * 1e9 / ($bytes / 64),
	    line_cpu => $spent * 1e9 / ($bytes / 64),
	    body => $spent * 1e9 / ($bytes / ($b->{piece} // 64));
}

sub echo {
	my ($b, $commands, $tracing) = @_;
	my $port = next_port();
	my $command = command($commands->[0], PORT => $port);
	my $server = start($tracing ? traced('server', $command) : $command);
	await_listener($port);
	my $loads = $b->{loads} // 1;
	my @load = ('load', $port, max(1, int($b->{connections} / $loads)),
		$b->{seconds} * ($tracing ? 4 : 1), $server);
	settle(map { start(\@load, undef, "load$_") } 1 .. $loads);
	stop($server);
	my ($rate, $requests, $server_cpu, $clients_cpu) = (0, 0, 0, 0);
	for (1 .. $loads) {
		my ($per_second, $n, undef, $server, $clients) = split ' ',
		    slurp("load$_");
		$rate += $per_second;
		$requests += $n;
		$server_cpu += $server / $loads;
		$clients_cpu += $clients;
	}
	die "no answers\n" unless $rate > 0;
	if ($tracing) {
		my %calls = calls('server');
		return request_calls => $calls{total} / $requests,
		    request_ctl => ($calls{epoll_ctl} // 0) / $requests;
	}
	return requests => $rate, trip => 1e6 / $rate,
	    request_cpu => $server_cpu * 1e6 / $rate,
	    clients => $clients_cpu * 100;
}

sub idle {
	my ($b, $commands) = @_;
	my $port = next_port();
	my $server = start(command($commands->[0], PORT => $port));
	await_listener($port);
	my %before = memory($server);
	pipe my $stdin, my $done;
	pipe my $ready, my $stdout;
	my $load = start(['load', $port, $b->{connections}, 'idle'],
		$stdin, $stdout);
	close $stdout;
	my $line = <$ready>;
	my %after = memory($server);
	close $done;
	settle($load);
	stop($server);
	my %each = map { $_ => ($after{$_} - $before{$_}) / $b->{connections} }
	    qw(VmRSS VmPTE);
	return idle => $each{VmRSS}, tables => $each{VmPTE};
}

# memory(PID) - the resident memory and the page tables, in KiB.
sub memory {
	my ($pid) = @_;
	return slurp("/proc/$pid/status") =~ /^(VmRSS|VmPTE):\s+(\d+)/mg;
}

sub visit {
	my ($b, $commands) = @_;
	my $port = next_port();
	my ($line) = @$commands;
	my %ends = map { $_ => ['visits', 'raw', $_, $port] }
	    qw(accept connect);
	$ends{$b->{what}} = command($line, WHAT => $b->{what}, PORT => $port);
	push @{$ends{connect}}, $b->{seconds};
	$ends{$b->{what}} = measured('ours', $ends{$b->{what}});
	my $server = start($ends{accept});
	await_listener($port);
	settle(start($ends{connect}, undef, 'visits'));
	stop($server);
	my $rate = slurp('visits') + 0;
	return visits => $rate,
	    visit_cpu => spent('ours') * 1e6 / ($rate * $b->{seconds});
}

sub start_up {
	my ($b, $commands) = @_;
	my $port = next_port();
	my $n = $b->{times};
	my $server = start(command($b->{server} // 'visits raw accept PORT',
		PORT => $port));
	await_listener($port);
	settle(start(measured('client',
		command($commands->[0], PORT => $port), $n)));
	stop($server);
	my ($took, $user, $system, $peak) = usage('client');
	return start => $took / $n * 1e3, peak => $peak,
	    start_cpu => ($user + $system) / $n * 1e3;
}

# Handshakes, one after the other, with a server that costs time.
sub shake {
	my ($b, $commands) = @_;
	my $port = next_port();
	my $n = $b->{times};
	my $server = start(measured('server',
		command($commands->[0], PORT => $port)));
	await_listener($port);
	settle(start(['tls', 'shake', $port, $n], undef, 'handshakes'));
	stop($server);
	my (undef, $user, $system, $peak) = usage('server');
	return start => 1e3 / slurp('handshakes'), peak => $peak,
	    start_cpu => ($user + $system) / $n * 1e3;
}

sub idle_alone {
	my ($b, $commands) = @_;
	settle(start(command($commands->[0], COUNT => $b->{count}), undef,
		'idle'));
	return idle => slurp('idle') + 0;
}

# Threads that switch by system calls do so less often.
sub switch_threads {
	my ($b, $commands) = @_;
	settle(start(command($commands->[0], COUNT => $b->{count},
		FEW => max(2, int($b->{count} / 100))), undef, 'switches'));
	return switch => slurp('switches') + 0;
}

sub pass_messages {
	my ($b, $commands) = @_;
	settle(start(command($commands->[0], ROOM => $b->{room},
		COUNT => $b->{count}), undef, 'messages'));
	return message => slurp('messages') + 0;
}

sub wake_up {
	my ($b, $commands) = @_;
	settle(start(command($commands->[0], COUNT => $b->{count}), undef,
		'wakes'));
	my ($wake, $cpu) = split ' ', slurp('wakes');
	return wake => $wake, wake_cpu => $cpu;
}

sub tick {
	my ($b, $commands) = @_;
	settle(start(command($commands->[0], PORT => next_port(),
		FROM => $b->{from}, TO => $b->{to}, BYTES => $b->{bytes}),
		undef, 'ticks'));
	my ($tick, $cpu, $rate) = split ' ', slurp('ticks');
	return tick => $tick, tick_cpu => $cpu, rate => $rate;
}

sub delay {
	my ($b, $commands) = @_;
	settle(start(command($commands->[0], PORT => next_port(),
		COUNT => $b->{count}), undef, 'late'));
	my %figures;
	@figures{qw(late late_99 late_2 latest)} = split ' ', slurp('late');
	return %figures;
}

1;
