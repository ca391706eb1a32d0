#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# talk.pl PORT STEP... - the other end of a connection to 127.0.0.1:PORT, or to
# whoever connects, step by step; with PORT 0 the port is printed first.  PORT
# may be the path of a Unix socket, with "listen=" before it to listen there.
#
# send=TEXT	TEXT may hold \n and \r
# flood=N	send N zero bytes, or as many as the peer takes
# read=N	read N bytes and print them
# slurp		print what comes until the end, then "EOF" or the error's name
# shut		no more is sent
# say=TEXT	print a line
# hear=FIFO	wait until something is written to it
# reset		end the connection with a reset; otherwise it is closed
use strict;
use warnings;
use Errno ();
use IO::Handle ();
use Socket qw(:DEFAULT);

alarm 50;
$SIG{PIPE} = 'IGNORE';
STDOUT->autoflush;
my ($port, @steps) = @ARGV;
my $s;

sub name {
	my ($code) = $! + 0;
	my ($name) = grep { /^E/ && Errno->can($_) && Errno->can($_)->() == $code }
	    qw(ECONNRESET EPIPE ETIMEDOUT);
	return $name // "$!";
}

my $local = $port =~ /\D/;
my $listens = $port eq '0' || $port =~ s/^listen=//;
my $address = $local ? pack_sockaddr_un($port)
    : pack_sockaddr_in($port, inet_aton('127.0.0.1'));
socket($s, $local ? AF_UNIX : AF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
if (!$listens) {
	connect($s, $address) or die "connect: $!\n";
} else {
	my $l = $s;
	unlink $port if $local;
	bind($l, $address) or die "bind: $!\n";
	listen($l, 1) or die "listen: $!\n";
	print $local ? $port : (unpack_sockaddr_in(getsockname($l)))[0], "\n";
	undef $s;
	accept($s, $l) or die "accept: $!\n";
	close $l;
}

my %steps = (
	send => sub {
		my %c = (n => "\n", r => "\r");
		(my $text = $_[0]) =~ s/\\([nr])/$c{$1}/g;
		syswrite($s, $text);
	},
	flood => sub {
		my $left = $_[0];
		while ($left > 0) {
			my $n = syswrite($s, "\0" x ($left < 65536 ? $left : 65536));
			return if !defined $n;
			$left -= $n;
		}
	},
	read => sub {
		my $left = $_[0];
		while ($left > 0) {
			my $n = sysread($s, my $bytes, $left);
			return print name(), "\n" if !defined $n;
			return print "EOF\n" if $n == 0;
			print $bytes;
			$left -= $n;
		}
	},
	slurp => sub {
		my $n;
		while ($n = sysread($s, my $bytes, 65536)) {
			print $bytes;
		}
		print defined $n ? "EOF\n" : name() . "\n";
	},
	shut => sub { shutdown($s, 1) },
	say => sub { print "$_[0]\n" },
	hear => sub { open(my $fifo, '<', $_[0]) or die "$_[0]: $!\n"; <$fifo> },
	reset => sub {
		setsockopt($s, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
		close $s;
	},
);

for (@steps) {
	my ($name, $value) = split /=/, $_, 2;
	($steps{$name} // die "no step $name\n")->($value);
}
