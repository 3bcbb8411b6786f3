import CGuests
import Glibc
import Host

/// The files that a guest in a sandbox may open; the kernel keeps it from all others.
///
/// The server's own are not among them: so no folder in which an installation keeps its settings or data.
enum SandboxPlaces {
    static let readable = [
        "/lib", "/lib32", "/lib64", "/bin", "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64",
        "/usr/libexec",
        "/usr/share", "/usr/local/bin", "/usr/local/lib", "/usr/local/lib64", "/usr/local/share",
        // How libraries, times, names and certificates are found.
        "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/timezone",
        "/etc/locale.alias", "/etc/os-release", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group",
        "/etc/hosts",
        "/etc/host.conf", "/etc/resolv.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols",
        "/etc/mime.types", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs",
        "/etc/pki/tls/openssl.cnf", "/etc/pki/ca-trust", "/etc/ca-certificates", "/etc/crypto-policies",
        // What the machine has and lets one use.
        "/proc/cpuinfo", "/proc/filesystems", "/proc/loadavg", "/proc/meminfo", "/proc/stat", "/proc/uptime",
        "/proc/version", "/proc/sys/kernel", "/proc/sys/vm", "/sys/devices/system", "/sys/fs/cgroup",
        "/sys/kernel/mm/transparent_hugepage",
    ]
    static let devices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"]

    /// Makes the list for the kernel.
    /// - Returns: nil if the kernel or the host has no such lists.
    static func rules(
        for program: GuestProgram, at path: String, folder: String, host: Host
    ) throws(GuestFailure) -> Descriptor? {
        guard host.allowsFileRules else { return nil }
        let rules = guests_make_rules()
        guard rules >= 0 else {
            guard -rules != ENOSYS, -rules != EOPNOTSUPP else { return nil }
            throw .passing("the kernel makes no list of files: \(ProgramFile.error(-rules))")
        }
        let descriptor = Descriptor(rules)
        func allow(_ place: String, _ access: guests_access) {
            // Safety: the path is copied for the call.
            unsafe guests_allow(rules, place, access)
        }
        let named = GuestEnvironment.places(namedFor: program)
        for place in readable + program.readablePaths + named + [path] { allow(place, GUESTS_READ) }
        for place in devices { allow(place, GUESTS_USE_DEVICE) }
        for place in program.writablePaths + [folder] { allow(place, GUESTS_OWN) }
        return descriptor
    }
}
