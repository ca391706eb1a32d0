# SPDX-License-Identifier: ISC
#
# Report.pm - the statistics of a benchmark's samples: medians, their spread,
# the ratio of this project's figures to each contender's, and whether the aims
# are met; as a table and as JSON.
package Report;
use strict;
use warnings;
use Exporter 'import';
use JSON::PP ();

our @EXPORT = qw(evaluate print_table write_json);

# metric => [heading, whether more is better]
my %metrics = (
	rate => ['MiB/s', 1],
	cpu => ['CPU s/GiB', 0],
	calls => ['calls/GiB', 0],
	requests => ['requests/s', 1],
	request_cpu => ['CPU us each', 0],
	request_calls => ['calls each', 0],
	clients => ["clients' CPU, %", 0],
	request_ctl => ['epoll_ctl each', 0],
	trip => ['us/round trip', 0],
	switch => ['ns/switch', 0],
	wake => ['ns/wake-up', 0],
	wake_cpu => ['CPU ns/wake-up', 0],
	message => ['ns/message', 0],
	idle => ['KiB/connection', 0],
	tables => ['page tables, KiB', 0],
	visits => ['visits/s', 1],
	visit_cpu => ['CPU us each', 0],
	start => ['ms/run', 0],
	start_cpu => ['CPU ms/run', 0],
	peak => ['peak KiB', 0],
	line => ['user ns/line', 0],
	line_cpu => ['CPU ns/line', 0],
	body => ['CPU ns/body', 0],
	tick => ['longest ms', 0],
	tick_cpu => ['longest CPU ms', 0],
	late => ['median, ms late', 0],
	late_99 => ['99 of 100', 0],
	late_2 => ['of 1000, over 2 ms', 0],
	latest => ['the latest', 0],
);

# quantile(SHARE, VALUE...) - interpolated between the nearest values.
sub quantile {
	my ($share, @values) = @_;
	my @sorted = sort { $a <=> $b } @values;
	my $at = $share * $#sorted;
	my ($low, $high) = @sorted[int $at, -1];
	$high = $sorted[$at + 1] if $at + 1 < @sorted;
	return $low + ($high - $low) * ($at - int $at);
}

# The width of the middle half, in per cent of the median.
sub spread {
	my (@values) = @_;
	my $median = quantile(0.5, @values) || 1;
	return 100 * (quantile(0.75, @values) - quantile(0.25, @values)) /
	    $median;
}

# The median of the ratios of all rounds, as conditions differ from round to
# round.  Undefined if any of their values is 0.
sub ratio {
	my ($ours, $theirs) = @_;
	return undef if grep { $_ <= 0 } @$theirs;
	return quantile(0.5, map { $ours->[$_] / $theirs->[$_] } 0 .. $#$ours);
}

# evaluate(BENCHMARK, SAMPLES) - SAMPLES: contender => metric => values.  The
# first contender is this project's program.
sub evaluate {
	my ($b, $samples) = @_;
	my ($ours) = @{$b->{contenders}};
	my %result;
	for my $name (keys %$samples) {
		for my $metric (keys %{$samples->{$name}}) {
			my $values = $samples->{$name}{$metric};
			$result{$name}{$metric} = {
				median => quantile(0.5, @$values),
				spread => spread(@$values),
				ratio => ratio($samples->{$ours}{$metric},
				    $values),
				samples => $values,
			};
		}
	}
	my @aims = map { aim($_, $result{$ours}, \%result) } @{$b->{aims}};
	return { contenders => \%result, aims => \@aims };
}

# An aim is [METRIC, CONTENDER, FACTOR, ID].  The ratio of this project's figure
# to the contender's must be at least FACTOR, or at most if less is better;
# without a contender FACTOR limits the figure itself.  Returns nothing if the
# contender has no result.
sub aim {
	my ($aim, $ours, $result) = @_;
	my ($metric, $than, $factor, $id) = @$aim;
	my $theirs = (defined $than ? $result->{$than} : $ours) // {};
	my $found = $theirs->{$metric}{defined $than ? 'ratio' : 'median'};
	return () unless defined $found;
	my $met = $metrics{$metric}[1] ? $found >= $factor : $found <= $factor;
	return { metric => $metric, than => $than, factor => $factor,
		found => $found, met => $met ? JSON::PP::true : JSON::PP::false,
		id => $id };
}

# number(X) - with three significant digits.
sub number {
	my ($x) = @_;
	return '-' unless defined $x;
	return sprintf '%.*f', $x >= 100 ? 0 : $x >= 10 ? 1 : 2, $x;
}

# print_table(BENCHMARK, RESULT, FAILED) - FAILED: contender => reason.
sub print_table {
	my ($b, $result, $failed) = @_;
	my ($main, @others) = @{$b->{metrics}};
	my $row = "  %-16s %14s %7s %8s" . ' %14s' x @others . "\n";
	printf "\n%s  %s\n\n", $b->{id}, $b->{title};
	printf $row, '', $metrics{$main}[0], 'spread', 'ours is',
	    map { $metrics{$_}[0] } @others;
	for my $name (@{$b->{contenders}}) {
		my $c = $result->{contenders}{$name};
		if (!$c) {
			printf "  %-16s %14s\n", $name, $failed->{$name};
			next;
		}
		printf $row, $name, number($c->{$main}{median}),
		    sprintf('%.0f%%', $c->{$main}{spread}),
		    number($c->{$main}{ratio}),
		    map { number($c->{$_}{median}) } @others;
	}
	print "\n";
	print_aim($b, $_) for @{$result->{aims}};
}

sub print_aim {
	my ($b, $aim) = @_;
	my ($heading, $more) = @{$metrics{$aim->{metric}}};
	printf "  %s: %s, at %s %s%s: %s, %s\n", $aim->{id} // $b->{id}, $heading,
	    $more ? 'least' : 'most', $aim->{factor},
	    defined $aim->{than} ? " of $aim->{than}" : '',
	    number($aim->{found}), $aim->{met} ? 'met' : 'NOT MET';
}

# write_json(FILE, BENCHMARK, RESULT, ABOUT)
sub write_json {
	my ($file, $b, $result, $about) = @_;
	my %all = (%$about, %$result, headings => {
		map { $_ => $metrics{$_}[0] } @{$b->{metrics}} });
	@all{qw(id title group order metrics)} =
	    @$b{qw(id title group contenders metrics)};
	open my $out, '>', $file or die "$file: $!\n";
	print $out JSON::PP->new->pretty->canonical->encode(\%all);
	close $out or die "$file: $!\n";
}

1;
