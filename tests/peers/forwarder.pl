#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# forwarder.pl PORT HOST PORT - forwards each client of PORT to a server.  As the
# forwarders of containers do, it accepts also while the server is not up; it
# then resets the client and prints a line.
use strict;
use warnings;
use IO::Socket::INET ();
use Socket qw(SOL_SOCKET SO_LINGER);

my ($port, $host, $there) = @ARGV;
my $listener = IO::Socket::INET->new(LocalPort => $port, Listen => 16,
    ReuseAddr => 1) or die "listen: $!\n";
$| = 1;
$SIG{CHLD} = 'IGNORE';

# To the end of file, which the other end gets.
sub copy {
	my ($from, $to) = @_;
	while (sysread $from, my $bytes, 65536) {
		syswrite $to, $bytes;
	}
	shutdown $to, 1;
}

while (my $client = $listener->accept) {
	my $server = IO::Socket::INET->new(PeerAddr => $host,
	    PeerPort => $there);
	if (!$server) {
		print "reset\n";
		setsockopt($client, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
		close $client;
		next;
	}
	for ([$client, $server], [$server, $client]) {
		my $pid = fork // die "fork: $!\n";
		next if $pid;
		copy(@$_);
		exit;
	}
	close $_ for $client, $server;
}
