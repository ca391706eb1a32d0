#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# sockets.pl SOCKET... [-- COMMAND [ARG]...] - sockets of each kind, for those
# who are to find out about them.  COMMAND has them as descriptors 10, 11, ...
# and the port as $PORT; afterwards the connections that waited must wait still.
# Without COMMAND: prints the port, and holds the sockets for a minute.
#
# listen=ADDRESS[,OPTION]...	OPTION is backlog=N, pending=N, gone (the
#				clients have left), v6only, reuseaddr,
#				reuseport, port=N; all listeners of a run have
#				one port
# bound=ADDRESS			a stream socket that does not listen
# pair=ADDRESS			the client's end of a connection, the server's
# reset=ADDRESS ended=ADDRESS	a client whose connection was reset, or closed
#				by both
# refused=ADDRESS		a client that was refused
# udp=ADDRESS
use strict;
use warnings;
use POSIX ();
use Fcntl qw(F_DUPFD);
use IO::Handle ();
use Socket qw(:DEFAULT :addrinfo IPPROTO_IPV6 IPV6_V6ONLY SO_REUSEPORT);

my $port = 0;
my (@sockets, @queues, @clients);

sub address {
	my ($ip, $number) = @_;
	my ($error, $found) = getaddrinfo($ip, $number,
	    {flags => AI_NUMERICHOST, socktype => SOCK_STREAM});
	die "$ip: $error\n" if $error;
	return $found->{addr};
}

sub number {
	my ($error, undef, $service) =
	    getnameinfo(getsockname($_[0]), NI_NUMERICHOST | NI_NUMERICSERV);
	return $service;
}

sub new_socket {
	my ($ip, $type, %option) = @_;
	my $s;
	socket($s, $ip =~ /:/ ? AF_INET6 : AF_INET, $type, 0)
	    or die "socket: $!\n";
	setsockopt($s, IPPROTO_IPV6, IPV6_V6ONLY, $option{v6only} ? 1 : 0)
	    if $ip =~ /:/;
	setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1) if $option{reuseaddr};
	setsockopt($s, SOL_SOCKET, SO_REUSEPORT, 1) if $option{reuseport};
	return $s;
}

sub bound {
	my ($ip, $number, $type, %option) = @_;
	my $s = new_socket($ip, $type, %option);
	bind($s, address($ip, $number)) or die "bind $ip: $!\n";
	return $s;
}

# A client of a port of this machine.
sub client {
	my ($ip, $number) = @_;
	$ip = {'0.0.0.0' => '127.0.0.1', '::' => '::1'}->{$ip} // $ip;
	my $s = new_socket($ip, SOCK_STREAM);
	connect($s, address($ip, $number)) or die "connect $ip: $!\n";
	return $s;
}

# The two ends of a connection, the client's first.
sub connection {
	my ($ip) = @_;
	my $l = bound($ip, 0, SOCK_STREAM);
	listen($l, 1);
	$port = number($l);
	my $client = client($ip, $port);
	accept(my $server, $l);
	return ($client, $server);
}

sub reset_socket {
	setsockopt($_[0], SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
	close $_[0];
}

my %make = (
	listen => sub {
		my ($ip, %option) = @_;
		my $s = bound($ip, $option{port} // $port, SOCK_STREAM, %option);
		listen($s, $option{backlog} // 16) or die "listen: $!\n";
		$port = number($s);
		my @new = map { client($ip, $port) } 1 .. $option{pending} // 0;
		push @queues, [$s, scalar @new];
		push @clients, $option{gone} ? () : @new;
		return $s;
	},
	bound => sub {
		my $s = bound($_[0], 0, SOCK_STREAM);
		$port = number($s);
		return $s;
	},
	udp => sub { bound($_[0], 0, SOCK_DGRAM) },
	pair => \&connection,
	reset => sub {
		my ($client, $server) = connection(@_);
		reset_socket($server);
		return $client;
	},
	ended => sub {
		my ($client, $server) = connection(@_);
		shutdown($client, 1);
		sysread($server, my $end, 1);
		close $server;
		sysread($client, $end, 1);
		return $client;
	},
	refused => sub {
		my ($ip) = @_;
		my $s = new_socket($ip, SOCK_STREAM);
		my $free = bound($ip, 0, SOCK_STREAM);
		connect($s, getsockname($free)) and die "not refused\n";
		return $s;
	},
);

sub run_command {
	my $pid = fork // die "fork: $!\n";
	if ($pid == 0) {
		my $fd = 10;
		# First out of the way: some have such numbers already.
		my @away = map { fcntl($_, F_DUPFD, $fd + @sockets) } @sockets;
		POSIX::dup2($_, $fd++), POSIX::close($_) for @away;
		$ENV{PORT} = $port;
		exec @_ or die "$_[0]: $!\n";
	}
	waitpid $pid, 0;
	my $status = $?;
	for (@queues) {
		my ($listener, $pending) = @$_;
		$listener->blocking(0);
		my $n = 0;
		$n++ while accept(my $s, $listener);
		die "$n connections wait, not $pending\n" if $n != $pending;
	}
	return $status & 127 ? 128 + ($status & 127) : $status >> 8;
}

while (@ARGV and $ARGV[0] ne '--') {
	my ($what, @options) = split /,/, shift;
	my ($kind, $ip) = split /=/, $what;
	push @sockets,
	    $make{$kind}->($ip, map { /(\w+)=?(.*)/; $1 => length $2 ? $2 : 1 } @options);
}
exit run_command(@ARGV[1 .. $#ARGV]) if @ARGV;

$| = 1;
print "$port\n";
alarm 60;
sleep;
