import Glibc

/// A message with any number of descriptors, as anybody can send one.
enum ControlMessage {
    /// Sends bytes and descriptors.
    static func send(_ bytes: [UInt8], _ descriptors: [Int32], over socket: Int32) {
        // A header is the length in 64 bits and two numbers of 32; SCM_RIGHTS is 1.
        let length = 16 + 4 * descriptors.count
        var control = withUnsafeBytes(of: UInt64(length), Array.init)
        for number in [SOL_SOCKET, 1] + descriptors { control += withUnsafeBytes(of: number, Array.init) }
        control += Array(repeating: 0, count: (8 - length % 8) % 8)
        var bytes = bytes
        bytes.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    if !descriptors.isEmpty {
                        message.msg_control = control.baseAddress
                        message.msg_controllen = control.count
                    }
                    precondition(sendmsg(socket, &message, 0) == bytes.count, "the socket has no room")
                }
            }
        }
    }

    /// Sends a region's number and size with descriptors.
    static func announce(_ number: Int, size: UInt64, _ descriptors: [Int32], over socket: Int32) {
        let bytes = withUnsafeBytes(of: Int64(number).littleEndian, Array.init)
        send(bytes + withUnsafeBytes(of: size.littleEndian, Array.init), descriptors, over: socket)
    }
}
