using QueueService.Storage.Files;

namespace QueueService.Storage.Tests.Files;

/// <summary>What every disk has to do, whichever it is; run against the physical and the simulated one.</summary>
public abstract class FileSystemContract
{
    protected abstract IFileSystem Disk { get; }

    [Fact]
    public void A_written_file_reads_back_what_was_written()
    {
        using var file = Disk.Open("log", FileOpening.New);
        file.Write("hello"u8, 0);
        file.Write("world"u8, 5);

        Assert.Equal("helloworld"u8, ReadAll(file));
        Assert.Equal(10, file.Length);
    }

    [Fact]
    public void A_write_that_crosses_pages_reads_back_whole()
    {
        var bytes = Pattern(100_000);
        using var file = Disk.Open("log", FileOpening.New);
        file.Write(bytes, 12_345);

        var read = new byte[bytes.Length];
        Assert.Equal(bytes.Length, file.Read(read, 12_345));
        Assert.Equal(bytes, read);
    }

    [Fact]
    public void A_read_past_the_end_answers_the_bytes_that_are_there()
    {
        using var file = Disk.Open("log", FileOpening.New);
        file.Write("hello"u8, 0);

        Assert.Equal(2, file.Read(new byte[10], 3));
        Assert.Equal(0, file.Read(new byte[10], 5));
        Assert.Equal(0, file.Read(new byte[10], 1_000_000));
        Assert.Equal(0, file.Read([], 0));
    }

    [Fact]
    public void A_hole_reads_as_zeros()
    {
        using var file = Disk.Open("log", FileOpening.New);
        file.Write("x"u8, 70_000);

        var read = new byte[70_001];
        read.AsSpan().Fill(1);
        Assert.Equal(70_001, file.Read(read, 0));
        Assert.False(read.AsSpan(0, 70_000).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Cutting_and_extending_a_file_leaves_zeros_where_bytes_were()
    {
        using var file = Disk.Open("log", FileOpening.New);
        file.Write(Pattern(50_000), 0);
        file.SetLength(10);
        file.SetLength(50_000);

        var read = ReadAll(file);
        Assert.Equal(Pattern(10), read[..10]);
        Assert.False(read.AsSpan(10).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Writing_nothing_does_not_extend_a_file()
    {
        using var file = Disk.Open("log", FileOpening.New);
        file.Write([], 100);

        Assert.Equal(0, file.Length);
    }

    [Fact]
    public void A_new_file_must_not_exist()
    {
        Create("log");

        Assert.ThrowsAny<IOException>(() => Disk.Open("log", FileOpening.New));
    }

    [Theory]
    [InlineData(FileOpening.Read)]
    [InlineData(FileOpening.Existing)]
    public void An_existing_file_must_exist(FileOpening opening)
    {
        Assert.Throws<FileNotFoundException>(() => Disk.Open("log", opening));
    }

    [Fact]
    public void A_file_needs_its_folder()
    {
        Assert.Throws<FileNotFoundException>(() => Disk.Open("queues/log", FileOpening.New));
    }

    [Fact]
    public void A_file_opened_for_reading_refuses_writes()
    {
        Create("log");
        using var file = Disk.Open("log", FileOpening.Read);

        Assert.Throws<IOException>(() => file.Write("x"u8, 0));
        Assert.Throws<IOException>(() => file.SetLength(1));
    }

    [Fact]
    public void Two_handles_see_the_same_file()
    {
        using var writer = Disk.Open("log", FileOpening.New);
        using var reader = Disk.Open("log", FileOpening.Read);
        writer.Write("hello"u8, 0);

        Assert.Equal("hello"u8, ReadAll(reader));
    }

    [Fact]
    public void A_closed_handle_refuses_everything()
    {
        var file = Disk.Open("log", FileOpening.New);
        file.Dispose();
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => file.Read(new byte[1], 0));
        Assert.Throws<ObjectDisposedException>(() => file.Write("x"u8, 0));
        Assert.Throws<ObjectDisposedException>(file.Sync);
        Assert.Throws<ObjectDisposedException>(() => file.Length);
    }

    [Fact]
    public void Syncing_and_starting_writeback_change_no_bytes()
    {
        using var file = Disk.Open("log", FileOpening.New);
        file.Write("hello"u8, 0);
        file.StartWriteback(0, 5);
        file.Sync();
        Disk.SyncDirectory("");
        Disk.SyncAll();

        Assert.Equal("hello"u8, ReadAll(file));
    }

    protected static byte[] Pattern(int count)
    {
        var bytes = new byte[count];
        for (var index = 0; index < count; index++)
            bytes[index] = (byte)((index % 251) + 1);
        return bytes;
    }

    protected static byte[] ReadAll(IFile file)
    {
        var bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        return bytes;
    }

    protected void Create(string path, string text = "")
    {
        using var file = Disk.Open(path, FileOpening.New);
        file.Write(System.Text.Encoding.UTF8.GetBytes(text), 0);
    }

    protected byte[] ReadAll(string path)
    {
        using var file = Disk.Open(path, FileOpening.Read);
        return ReadAll(file);
    }
}
