#!/usr/bin/perl
# Two processes, CR LF both ways, as in "Network Programming with Perl".
use strict;
use warnings;
use IO::Socket qw(:DEFAULT :crlf);

my ($host, $port) = @ARGV;
my $socket = IO::Socket::INET->new("$host:$port") or die $@;
my $child = fork();
die "fork: $!" unless defined $child;
if ($child) {
    $SIG{CHLD} = sub { exit 0 };
    while (<STDIN>) {
        chomp;
        print $socket $_, CRLF;
    }
    sleep;
}
else {
    $| = 1;
    while (<$socket>) {
        print;
    }
}
