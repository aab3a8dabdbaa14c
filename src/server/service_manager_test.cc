#include "server/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file_descriptor.h"
#include "base/testing.h"

namespace sluice::server {
namespace {

class ServiceManagerTest : public testing::Test {
 protected:
  ~ServiceManagerTest() override { unsetenv("NOTIFY_SOCKET"); }

  /// Listens under a name that is a path, or one after a zero byte.
  void Listen(const std::string& name) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    name.copy(address.sun_path, sizeof(address.sun_path));
    socket_ = FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    ASSERT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
  }

  std::string Receive() {
    std::array<char, 100> text{};
    const ssize_t count = ::recv(socket_.get(), text.data(), text.size(), 0);
    return count < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(count));
  }

  FileDescriptor socket_;
};

TEST_F(ServiceManagerTest, IsToldOverItsSocket) {
  std::string folder = testing::TempDir() + "sluice-notify-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/socket";
  Listen(path);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  TellServiceManager("READY=1");
  EXPECT_EQ(Receive(), "READY=1");
  std::filesystem::remove_all(folder);
}

TEST_F(ServiceManagerTest, IsToldUnderAnAbstractName) {
  const std::string name = Format("sluice-notify-{}", ::getpid());
  Listen(std::string(1, '\0') + name);
  setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  TellServiceManager("STOPPING=1");
  EXPECT_EQ(Receive(), "STOPPING=1");
}

TEST_F(ServiceManagerTest, NeedNotBeThere) {
  TellServiceManager("READY=1");
  for (const std::string& name : {std::string(), std::string("relative"),
                                  std::string("/nowhere/socket"), "/" + std::string(200, 'x')}) {
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    TellServiceManager("READY=1");
  }
}

}  // namespace
}  // namespace sluice::server
