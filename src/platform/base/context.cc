#include "platform/base/context.h"

#include <cstdio>
#include <cstdlib>

namespace gatehouse {

void Context::lease_begins() {
  assert_no_lease("a second lease");
  lease_ = true;
}

void Context::lease_ends() { lease_ = false; }

void Context::assert_no_lease(const char* what) const {
  if (!lease_) {
    return;
  }
  std::fprintf(stderr, "bug: %s while a PostgreSQL connection is leased (request %s)\n", what, request_id.c_str());
  std::abort();
}

}  // namespace gatehouse
