#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# ports.pl bind|reuse|connect ADDRESS [PORT] - asks the system for ports until it
# has no more, and prints those that it gave: by binding to port 0 of ADDRESS,
# without SO_REUSEADDR or with it, or by connecting to PORT.
use strict;
use warnings;
use Errno qw(EADDRINUSE EADDRNOTAVAIL);
use Socket qw(:DEFAULT :addrinfo);

my ($way, $ip, $port) = @ARGV;
my ($error, $address) = getaddrinfo($ip, $port // 0,
    {flags => AI_NUMERICHOST, socktype => SOCK_STREAM});
die "$ip: $error\n" if $error;
my @sockets;

while (1) {
	socket(my $s, $address->{family}, SOCK_STREAM, 0) or die "socket: $!\n";
	setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1) if $way eq 'reuse';
	# No connection is to stay in TIME_WAIT.
	setsockopt($s, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
	last if !($way eq 'connect' ? connect($s, $address->{addr})
	    : bind($s, $address->{addr}));
	push @sockets, $s;
	my ($failed, undef, $number) = getnameinfo(getsockname($s),
	    NI_NUMERICHOST | NI_NUMERICSERV);
	print "$number\n";
}
die "$way $ip: $!\n" if $! != EADDRINUSE && $! != EADDRNOTAVAIL;
