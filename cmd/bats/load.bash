# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# load.bash - the file that bats_load_library looks for.

# shellcheck source=cmd/bats/tcpu.bash
source "${BASH_SOURCE[0]%/*}/tcpu.bash"
