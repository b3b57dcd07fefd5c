#include "flow/engine/mask.h"

#include <vector>

namespace gatehouse::flow {

std::string mask_email(std::string_view email) {
  const auto at = email.rfind('@');
  const auto local = email.substr(0, at);
  std::vector<std::size_t> characters;  // where each begins
  for (std::size_t i = 0; i < local.size(); ++i) {
    if ((local[i] & 0xc0) != 0x80) {
      characters.push_back(i);
    }
  }
  const auto kept = characters.size() / 2;
  std::string masked(local.substr(0, characters.empty() ? 0 : characters[kept]));
  masked.append(characters.size() - kept, '*');
  if (at != std::string_view::npos) {
    masked += email.substr(at);
  }
  return masked;
}

}  // namespace gatehouse::flow
