// Another library of this program exports a private copy of OpenSSL. Certificates, tokens and
// signatures must use the system's, which gets security updates. This program is linked as `sluice`
// is; it declares what it asks for itself, since OpenSSL's headers stay in crypto.

#include <dlfcn.h>

#include <filesystem>

#include "base/testing.h"

extern "C" {
void EVP_sha256();
void SSL_new();
}

namespace sluice::server {
namespace {

std::string LibraryOf(void (*function)()) {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<void*>(function), &info) == 0) return "unknown";
  return std::filesystem::path(info.dli_fname).filename();
}

TEST(LinkedLibraries, OpenSslIsTheSystems) {
  EXPECT_EQ(LibraryOf(EVP_sha256), "libcrypto.so.3");
  EXPECT_EQ(LibraryOf(SSL_new), "libssl.so.3");
}

}  // namespace
}  // namespace sluice::server
