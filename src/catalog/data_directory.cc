#include "catalog/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/random.h"
#include "crypto/secret_file.h"
#include "http/socket.h"

namespace sluice::catalog {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMaxProfileBytes = 64 << 10;
constexpr std::size_t kMaxPortsBytes = 4 << 10;
constexpr std::string_view kPortsFile = "ports.json";
constexpr char kAdminTokenFile[] = "admin.token";

Error SystemFault(const std::string& path, int fault) {
  return Unavailable("{}: {}", path, std::strerror(fault));
}

Result<void> WriteAll(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return SystemFault(path, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

/// Replaces a file by one of mode 0600, so that a reader sees the old text or the new.
Result<void> WriteWhole(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());  // left by a process that was killed
  const FileDescriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return SystemFault(temporary, errno);
  TRY(WriteAll(file.get(), text, temporary));
  if (::fsync(file.get()) != 0) return SystemFault(temporary, errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return SystemFault(path, errno);
  return {};
}

/// The text of a file that only its owner may read. Errors: kNotFound; kPermissionDenied.
Result<std::string> ReadPrivate(const std::string& path, std::size_t max_bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    const int fault = errno;
    if (fault == ENOENT) return NotFound("{}: no such file", path);
    return SystemFault(path, fault);
  }
  struct stat status;
  if (::fstat(file.get(), &status) != 0) return SystemFault(path, errno);
  if ((status.st_mode & 077) != 0) {
    return PermissionDenied("{}: others may read this secret: run chmod 600 on it", path);
  }
  std::string text(max_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemFault(path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > max_bytes) return CorruptData("{}: longer than {} bytes", path, max_bytes);
  text.resize(size);
  return text;
}

Result<void> MakeFolder(const std::string& path) {
  std::error_code fault;
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, fault);
  if (fault) return Unavailable("{}: {}", parent.string(), fault.message());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return SystemFault(path, errno);

  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return SystemFault(path, errno);
  if (!S_ISDIR(status.st_mode)) return Unavailable("{}: is no folder", path);
  if ((status.st_mode & 022) != 0) {
    return PermissionDenied("{}: others may write to this data directory: run chmod 700 on it",
                            path);
  }
  return {};
}

Result<FileDescriptor> Lock(const std::string& path) {
  const std::string lock_path = path + "/lock";
  FileDescriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) return SystemFault(lock_path, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return SystemFault(lock_path, errno);
  return AlreadyExists(
      "{}: another server is using this data directory: stop it, or give this one another with "
      "--data-dir",
      path);
}

std::string ProfileText(const std::string& endpoint, const Secret& token) {
  return Format("{{\"shareCredentialsVersion\":1,\"endpoint\":{},\"bearerToken\":{}}}\n",
                JsonString(endpoint), JsonString(token.Reveal()));
}

struct Profile {
  std::string endpoint;
  Secret token;
};

Result<Profile> ParseProfile(const std::string& text, const std::string& path) {
  const Error fault = CorruptData(
      "{}: not a profile: delete it and the next start makes a new one, with a new token", path);
  const Result<json::value> parsed =
      ParseJson(text, {.max_bytes = kMaxProfileBytes, .max_depth = 8});
  if (!parsed.ok() || !parsed->is_object()) return fault;
  const json::value* endpoint = FindMember(parsed->get_object(), "endpoint");
  const json::value* token = FindMember(parsed->get_object(), "bearerToken");
  if (endpoint == nullptr || !endpoint->is_string()) return fault;
  if (token == nullptr || !token->is_string() || token->get_string().empty()) return fault;
  return Profile{std::string(endpoint->get_string()), Secret(std::string(token->get_string()))};
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> DataDirectory::Open(const std::string& path) {
  TRY(MakeFolder(path));
  FileDescriptor lock = TRY(Lock(path));
  return std::unique_ptr<DataDirectory>(new DataDirectory(path, std::move(lock)));
}

DataDirectory::DataDirectory(std::string path, FileDescriptor lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

DataDirectory::~DataDirectory() { ::unlink(PathOf(std::string(kPortsFile)).c_str()); }

Result<crypto::KeyRing> DataDirectory::MasterKeys() {
  const std::string path = PathOf("master.key");
  const Secret text =
      TRY(crypto::LoadOrCreateSecretText(path, [] { return crypto::RandomToken(kSecretBytes); }));
  auto keys = crypto::KeyRing::Parse(text.Reveal());
  if (!keys.ok()) return WithDetail(std::move(keys).error(), path);
  return keys;
}

Result<Secret> DataDirectory::AdminToken() {
  return crypto::LoadOrCreateSecretText(PathOf(kAdminTokenFile),
                                        [] { return crypto::RandomToken(kSecretBytes); });
}

Result<StoredProfile> DataDirectory::ProfileFor(const std::string& recipient,
                                                const std::string& endpoint) {
  StoredProfile stored{.path = PathOf(recipient + ".share")};
  const Result<std::string> text = ReadPrivate(stored.path, kMaxProfileBytes);
  if (text.ok()) {
    Profile profile = TRY(ParseProfile(*text, stored.path));
    stored.token = std::move(profile.token);
    if (profile.endpoint == endpoint) return stored;
    stored.change = StoredProfile::Change::kEndpointRewritten;
  } else if (text.error().code == ErrorCode::kNotFound) {
    stored.token = Secret(crypto::RandomToken(kSecretBytes));
    stored.change = StoredProfile::Change::kCreated;
  } else {
    return text.error();
  }
  TRY(WriteWhole(stored.path, ProfileText(endpoint, stored.token)));
  return stored;
}

Result<void> DataDirectory::WriteFile(const std::string& file, std::string_view text) {
  return WriteWhole(PathOf(file), text);
}

Result<void> DataDirectory::WritePorts(const ListeningPorts& ports) {
  std::string text = Format("{{\"recipients\":{},\"admin\":{}", ports.recipients, ports.admin);
  if (ports.files != 0) text += Format(",\"files\":{}", ports.files);
  return WriteFile(std::string(kPortsFile), text + "}\n");
}

Result<ListeningPorts> ReadPorts(const std::string& data_directory) {
  const std::string path = data_directory + "/" + std::string(kPortsFile);
  std::ifstream file(path, std::ios::binary);
  // A server that was killed leaves its ports behind, and by now they may be another program's.
  if (!file || !http::IsListenedOn(data_directory + "/" + kOwnerSocketFile)) {
    return Unavailable("no server is running with the data directory {}", data_directory);
  }
  std::string text(kMaxPortsBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  const auto value = ParseJson(text);
  const auto port = [&](std::string_view name) -> int {
    if (!value.ok() || !value->is_object()) return 0;
    const json::value* const member = value->as_object().if_contains(name);
    constexpr std::int64_t kMaxPort = 65'535;
    if (member == nullptr || !member->is_int64()) return 0;
    const std::int64_t number = member->as_int64();
    return number > 0 && number <= kMaxPort ? static_cast<int>(number) : 0;
  };
  const ListeningPorts ports{
      .recipients = port("recipients"), .admin = port("admin"), .files = port("files")};
  if (ports.admin == 0) return CorruptData("{} names no port of the owner's listener", path);
  return ports;
}

Result<Secret> ReadOwnerToken(const std::string& data_directory) {
  constexpr std::size_t kMaxTokenBytes = 4'096;
  const std::string text = TRY(ReadPrivate(data_directory + "/" + kAdminTokenFile, kMaxTokenBytes));
  return Secret(std::string(TrimAsciiSpace(text)));
}

}  // namespace sluice::catalog
