using QueueService.Storage.Files;

namespace QueueService.Storage.Tests.Files;

/// <summary>What every disk has to do with names.</summary>
public abstract class FolderContract : FileSystemContract
{
    [Fact]
    public void Names_are_listed_in_ordinal_order_files_and_folders_apart()
    {
        foreach (var name in (string[])["b", "a", "B", "a0", "é"])
            Create(name);
        Disk.CreateFolder("y/z");
        Disk.CreateFolder("x");

        Assert.Equal(["B", "a", "a0", "b", "é"], Disk.ListFiles(""));
        Assert.Equal(["x", "y"], Disk.ListFolders(""));
        Assert.Equal(["z"], Disk.ListFolders("y"));
    }

    [Fact]
    public void A_missing_folder_lists_nothing()
    {
        Assert.Empty(Disk.ListFiles("none"));
        Assert.Empty(Disk.ListFolders("none/at/all"));
    }

    [Fact]
    public void Creating_a_folder_creates_its_parents_and_may_be_repeated()
    {
        Disk.CreateFolder("a/b/c");
        Disk.CreateFolder("a/b/c");
        Disk.CreateFolder("");
        Create("a/b/c/log", "x");

        Assert.True(Disk.Exists("a/b"));
        Assert.Equal("x"u8, ReadAll("a/b/c/log"));
        Disk.SyncDirectory("a/b/c");
    }

    [Fact]
    public void Only_an_empty_folder_can_be_deleted()
    {
        Disk.CreateFolder("a");
        Create("a/log");

        Assert.ThrowsAny<IOException>(() => Disk.DeleteFolder("a"));
        Disk.Delete("a/log");
        Disk.DeleteFolder("a");
        Assert.False(Disk.Exists("a"));
        Assert.Throws<FileNotFoundException>(() => Disk.DeleteFolder("a"));
    }

    [Fact]
    public void Syncing_a_missing_folder_fails()
    {
        Assert.Throws<FileNotFoundException>(() => Disk.SyncDirectory("none"));
    }

    [Fact]
    public void A_rename_replaces_its_target()
    {
        Create("new", "new");
        Create("old", "old");
        Disk.Rename("new", "old");

        Assert.Equal("new"u8, ReadAll("old"));
        Assert.Equal(["old"], Disk.ListFiles(""));
    }

    [Fact]
    public void A_rename_moves_between_folders()
    {
        Disk.CreateFolder("a");
        Disk.CreateFolder("b");
        Create("a/log", "x");
        Disk.Rename("a/log", "b/log");

        Assert.Empty(Disk.ListFiles("a"));
        Assert.Equal("x"u8, ReadAll("b/log"));
    }

    [Fact]
    public void Renaming_or_deleting_a_missing_file_fails()
    {
        Assert.Throws<FileNotFoundException>(() => Disk.Rename("none", "other"));
        Assert.Throws<FileNotFoundException>(() => Disk.Delete("none"));
    }

    [Fact]
    public void A_deleted_file_stays_readable_through_its_handles()
    {
        using var file = Disk.Open("log", FileOpening.New);
        file.Write("hello"u8, 0);
        Disk.Delete("log");

        Assert.False(Disk.Exists("log"));
        Assert.Equal("hello"u8, ReadAll(file));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../other")]
    [InlineData("a/../../other")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("a/")]
    [InlineData("a\0b")]
    public void A_name_cannot_leave_the_data_directory(string path)
    {
        Assert.Throws<ArgumentException>(() => Disk.Open(path, FileOpening.New));
        Assert.Throws<ArgumentException>(() => Disk.Exists(path));
        Assert.Throws<ArgumentException>(() => Disk.Delete(path));
        Assert.Throws<ArgumentException>(() => Disk.Rename(path, "b"));
        Assert.Throws<ArgumentException>(() => Disk.Rename("b", path));
        Assert.Throws<ArgumentException>(() => Disk.DeleteFolder(path));
    }

    [Fact]
    public void The_data_directory_is_locked_once_until_it_is_released()
    {
        var held = Disk.LockExclusively();
        Assert.Throws<IOException>(Disk.LockExclusively);
        held.Dispose();
        held.Dispose();

        using var again = Disk.LockExclusively();
        Assert.Throws<IOException>(Disk.LockExclusively);
    }

    [Fact]
    public void The_lock_is_not_listed_so_no_cleanup_removes_it()
    {
        using var held = Disk.LockExclusively();

        Assert.Empty(Disk.ListFiles(""));
    }

    [Fact]
    public void The_self_test_passes_and_leaves_nothing_behind()
    {
        Create("sync-probe", "left by a start that was killed");
        FsyncSelfTest.Run(Disk);

        Assert.Empty(Disk.ListFiles(""));
    }
}
