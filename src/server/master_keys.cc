#include "server/master_keys.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "base/file_descriptor.h"
#include "crypto/secret_file.h"

namespace sluice::server {
namespace {

using crypto::KeyRing;

constexpr std::size_t kMaxOutputBytes = 64 << 10;
constexpr std::chrono::milliseconds kCommandTimeout{30'000};
constexpr std::size_t kKeptAtRotation = 1;

Error CommandFailed(std::string_view why) {
  return Unavailable("master_key_command: the command {}", why);
}

/// All that a descriptor gives until its end.
Result<std::string> ReadUntilEnd(int descriptor) {
  const auto deadline = std::chrono::steady_clock::now() + kCommandTimeout;
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) == 0) {
      return CommandFailed("took longer than 30 seconds");
    }
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return CommandFailed("could not be read");
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > kMaxOutputBytes) return CommandFailed("printed more than 64 KiB");
  }
}

/// Starts `/bin/sh -c command` in a process group of its own, with the pipe as its output.
Result<pid_t> StartShell(const std::string& command, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);  // the server blocks what ends it
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  std::string shell = "/bin/sh";
  std::string flag = "-c";
  std::string text = command;
  std::array<char*, 4> arguments = {shell.data(), flag.data(), text.data(), nullptr};
  pid_t child = -1;
  const int fault =
      ::posix_spawn(&child, shell.c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (fault != 0) return CommandFailed("could not be started");
  return child;
}

Result<std::string> OutputOf(const std::string& command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return CommandFailed("could not be started");
  const FileDescriptor output(ends[0]);
  FileDescriptor input(ends[1]);
  const pid_t child = TRY(StartShell(command, input.get()));
  input = FileDescriptor();
  Result<std::string> text = ReadUntilEnd(output.get());
  if (!text.ok()) ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (text.ok() && status != 0) return CommandFailed("failed");
  return text;
}

}  // namespace

Result<KeyRing> LoadMasterKeys(const config::ServerOptions& options, catalog::DataDirectory& data) {
  if (!options.master_key_file.empty() && !options.master_key_command.empty()) {
    return InvalidArgument("master_key_file and master_key_command exclude each other");
  }
  if (!options.master_key_command.empty()) {
    const std::string text = TRY(OutputOf(options.master_key_command));
    return KeyRing::Parse(text);
  }
  if (!options.master_key_file.empty()) {
    const Secret text = TRY(crypto::LoadSecretText(options.master_key_file));
    return KeyRing::Parse(text.Reveal());
  }
  return data.MasterKeys();
}

Result<KeyRing> RotateMasterKeys(const config::ServerOptions& options,
                                 catalog::DataDirectory& data) {
  if (!options.master_key_file.empty() || !options.master_key_command.empty()) {
    return Unsupported(
        "the master keys come from master_key_file or master_key_command: put a new line in front "
        "there, then send SIGHUP");
  }
  const KeyRing keys = TRY(data.MasterKeys());
  KeyRing rotated = keys.Rotated(kKeptAtRotation);
  TRY(data.WriteFile("master.key", rotated.Format()));
  return rotated;
}

}  // namespace sluice::server
