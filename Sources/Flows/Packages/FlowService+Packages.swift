import Guests

/// What scripts require: fetched by pip where FLOWS_ALLOW_INSTALL is on, else only looked for.
extension FlowService {
    /// Variables of the server's that say where pip finds packages, and how it reaches the network.
    private static let variablesOfPip = [
        "PIP_*", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY",
        "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    ]

    /// Its settings, and files by which it finds out what system it is on, that are read if they are there.
    private static let filesOfPip = [
        "/etc/pip.conf", "/etc/xdg/pip", "/etc/debian_version", "/etc/lsb-release", "/etc/redhat-release",
    ]

    /// The process that puts packages into a folder. It may reach the network, but start no program.
    func pip(
        _ base: GuestProgram, into folder: String, _ requirements: [PackageRequirement]
    ) -> GuestProgram {
        var program = base
        program.name = "flows-pip"
        program.arguments = ["-m", "redisai_flows.requirements", folder] + requirements.map(\.text)
        program.sandbox = .network
        program.readablePaths += Self.filesOfPip
        program.writablePaths = [folder]
        program.passedVariables = Self.variablesOfPip
        return program
    }

    /// - Throws: `.requirement`, if pip is not to be given one of these.
    func checkRequirements(_ requirements: [[UInt8]]) throws(FlowError) {
        guard installer != nil else { return }
        do throws(RequirementError) { _ = try PackageRequirement.all(of: requirements) } catch {
            throw .requirement(error)
        }
    }

    /// Whether a session's script can run now; else it does once its packages are there.
    func hasPackages(_ session: FlowSession) -> Bool {
        guard let installer, !session.script.requirements.isEmpty else { return true }
        switch session.packages {
        case .installed: return true
        case .ordered: return false
        case .none: break
        }
        do throws(RequirementError) {
            let requirements = try PackageRequirement.all(of: session.script.requirements)
            session.packages = .ordered(
                try installer.install(requirements) { [unowned self] in packagesCame(for: session, $0) })
        } catch {
            end(session, because: .requirement(error))
        }
        return false
    }

    private func packagesCame(for session: FlowSession, _ error: RequirementError?) {
        guard case .ordered(let installation) = session.packages else { return }
        if let error {
            session.packages = .none
            return end(session, because: .requirement(error))
        }
        session.packages = .installed(folder: installation.folder)
        // Else a new process will learn of it.
        if isReady { runScript(of: session) }
    }

    /// A session is gone, and its packages with it.
    func endPackages(of session: FlowSession) {
        switch session.packages {
        case .none: return
        case .ordered(let installation): installer?.cancel(installation)
        case .installed(let folder): installer?.remove(folder)
        }
        session.packages = .none
    }
}
