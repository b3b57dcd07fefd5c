#include "main/process_limits.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace gatehouse::main {

void set_process_limits() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
  ::prctl(PR_SET_DUMPABLE, 0);  // a core dump that is piped into a program heeds no limit
#endif
}

}  // namespace gatehouse::main
