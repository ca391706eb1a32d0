# SPDX-License-Identifier: ISC
#
# Figures.pm - reads a table of figures, as collect prints it, for the pictures.
package Figures;
use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(read_figures);

# read_figures(FILE) - the benchmarks in the file: id => { title, order => the
# contenders, this project's first, units => the units, the main one first,
# results => unit => contender => [median, how many times better ours is] }.
sub read_figures {
	my ($file) = @_;
	my %benchmarks;
	open my $in, '<', $file or die "$file: $!\n";
	while (<$in>) {
		chomp;
		my ($id, @cells) = split /\t/;
		if ($id eq 'title') {
			$benchmarks{$cells[0]} = { title => $cells[1] };
		} elsif (my $b = $benchmarks{$id}) {
			add_figure($b, @cells);
		}
	}
	return %benchmarks;
}

sub add_figure {
	my ($b, $name, $unit, $median, $times) = @_;
	push @{$b->{order}}, $name unless grep { $_ eq $name } @{$b->{order}};
	push @{$b->{units}}, $unit unless $b->{results}{$unit};
	$b->{results}{$unit}{$name} = [$median, $times];
}

1;
