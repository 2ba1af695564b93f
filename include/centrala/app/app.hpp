// The program: subcommands, wiring, signals.
#pragma once

namespace centrala::app {

/// What `main` is. The exit code is one of sysexits.h; see docs/operations.md.
int run(int argc, const char* const* argv);

}  // namespace centrala::app
