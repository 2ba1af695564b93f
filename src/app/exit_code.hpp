// How the program ends, in the words of sysexits.h; docs/operations.md explains them to operators.
#pragma once

namespace centrala::app {

enum ExitCode : int {
    kOk = 0,
    kUsage = 64,        ///< EX_USAGE: the command line is wrong
    kNoInput = 66,      ///< EX_NOINPUT: a file to read isn't there
    kUnavailable = 69,  ///< EX_UNAVAILABLE: no server answers, or it refuses the command
    kSoftware = 70,     ///< EX_SOFTWARE: a mistake in the program
    kOsError = 71,      ///< EX_OSERR: an address can't be bound, no descriptors …
    kCantCreate = 73,   ///< EX_CANTCREAT: state folder, event log or control socket
    kIoError = 74,      ///< EX_IOERR: the event log can't be read
    kTempFail = 75,     ///< EX_TEMPFAIL: another server is at work here
    kConfig = 78,       ///< EX_CONFIG: the configuration has mistakes
};

}  // namespace centrala::app
