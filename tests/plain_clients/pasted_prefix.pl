#!/usr/bin/perl
# Puts [name]: before each message and ends it with nothing, however fast they follow one another.
use strict;
use warnings;
use IO::Socket::INET;

my ($host, $port) = @ARGV;
my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port) or die $@;
my $name = <STDIN>;
chomp $name;
my $child = fork();
die "fork: $!" unless defined $child;
if ($child) {
    $SIG{CHLD} = sub { exit 0 };
    while (<STDIN>) {
        chomp;
        syswrite $socket, "[$name]: $_";
    }
    sleep;
}
else {
    while (sysread $socket, my $received, 1024) {
        syswrite STDOUT, $received;
    }
}
