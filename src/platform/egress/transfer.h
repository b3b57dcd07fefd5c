#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <curl/curl.h>

#include "platform/egress/address_policy.h"
#include "platform/egress/egress.h"

namespace gatehouse::egress {

bool is_header(std::string_view line, std::string_view lower_case_name);

// One prepared handle of libcurl with everything that must live as long as it. Private to the room.
class Transfer {
 public:
  Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // The name leads to these addresses and nowhere else; each is judged again when its socket is made. No addresses: a
  // proxy resolves the name.
  void connect_only_to(const std::string& host, const std::string& port,
                       const std::vector<asio::ip::address>& addresses, const AddressPolicy& policy);
  void trust(const std::string& extra_ca_file);
  void limit(Micros time, std::size_t response_bytes);
  // After the end: what the other side still says is not waited for (libcurl would wait 120 s for the reply to QUIT).
  void hear_no_more();
  // Ends the transfer soon after the flag is set.
  void stop_when(const std::atomic<bool>& flag);
  void prepare(const HttpRequest& request, const std::string& proxy);
  void prepare(const Mail& mail);

  CURL* handle() const { return easy_.get(); }
  bool response_too_large() const { return too_large_; }
  int status() const;
  std::string redirect_url() const;
  HttpResponse response() const;
  // The server answered 5xx to this very message (not to our signing in, which the operator can mend).
  bool permanently_refused(CURLcode code) const;

 private:
  struct FreeHandle {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  using List = std::unique_ptr<curl_slist, FreeList>;

  static void append(List& list, const std::string& text);
  static std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_upload(char* into, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* flag, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);

  const AddressPolicy* policy_ = nullptr;  // none: through a proxy
  std::size_t most_bytes_ = 0;
  std::string body_;
  bool too_large_ = false;
  std::string upload_;
  std::size_t uploaded_ = 0;
  List resolve_;
  List headers_;
  List recipients_;
  std::unique_ptr<CURL, FreeHandle> easy_;
};

}  // namespace gatehouse::egress
