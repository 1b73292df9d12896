using System.Buffers.Binary;
using System.Runtime.InteropServices;
using QueueService.Storage.Files;

namespace QueueService.Storage.Checkpoints;

/// <summary>Gets the entries of a snapshot in order.</summary>
internal delegate void SnapshotVisitor(byte kind, ReadOnlySpan<byte> payload);

/// <summary>Reads a snapshot file: all of it is checked before anything of it is used.</summary>
internal static unsafe class SnapshotReader
{
    /// <summary>Answers false, with nothing visited, when the file is missing or damaged anywhere.</summary>
    public static bool TryRead(IFileSystem files, Manifest manifest, SnapshotVisitor visitor) =>
        TryRead(files, manifest, visitor, out _);

    /// <summary>As above, and says where the first damaged entry starts, or how far the file goes when it is short; 0
    /// when it is missing.</summary>
    public static bool TryRead(IFileSystem files, Manifest manifest, SnapshotVisitor visitor, out long damagedAt)
    {
        damagedAt = 0;
        string path = Manifest.SnapshotPathOf(manifest.Generation);
        if (!files.Exists(path)) return false;
        using IFile file = files.Open(path, FileOpening.Read);
        damagedAt = file.Length;
        if (damagedAt < manifest.SnapshotBytes) return false;
        void* memory = NativeMemory.Alloc((nuint)Math.Max(manifest.SnapshotBytes, 1));
        try
        {
            var bytes = new Span<byte>(memory, checked((int)manifest.SnapshotBytes));
            if (file.Read(bytes, 0) != bytes.Length) return false;
            uint salt = SnapshotFormat.SaltOf(manifest.Secret, manifest.Generation);
            return Visit(bytes, salt, static (_, _) => { }, out damagedAt) && Visit(bytes, salt, visitor, out _);
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    private static bool Visit(ReadOnlySpan<byte> bytes, uint salt, SnapshotVisitor visitor, out long position)
    {
        uint entries = 0;
        position = 0;
        while (SnapshotFormat.TryReadEntry(bytes, salt, out byte kind, out ReadOnlySpan<byte> payload))
        {
            int length = SnapshotFormat.EntryHeaderBytes + payload.Length;
            bytes = bytes[length..];
            position += length;
            if (kind == SnapshotFormat.EndKind)
                return bytes.IsEmpty && BinaryPrimitives.ReadUInt32LittleEndian(payload) == entries;
            entries++;
            visitor(kind, payload);
        }

        return false;
    }
}
