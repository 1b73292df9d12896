namespace QueueService.Testing.Disk;

/// <summary>A folder: the names that the process sees, and those that the disk holds.</summary>
internal sealed class FolderNode : Node
{
    // Sorted, so that everything drawn at random while walking a tree is drawn in the same order.
    public SortedDictionary<string, Node> Names { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, Node> DurableNames { get; } = new(StringComparer.Ordinal);

    public static void Assign(SortedDictionary<string, Node> names, string name, Node? node)
    {
        if (node is null)
            names.Remove(name);
        else
            names[name] = node;
    }
}

/// <summary>One name of one folder gets another node, or none.</summary>
internal readonly record struct NameChange(FolderNode Folder, string Name, Node? Node);

/// <summary>The names of a disk. Each change is a list of names that change together or not at all.</summary>
internal sealed class FolderTree(FolderNode root)
{
    private readonly List<NameChange[]> _pending = [];

    public FolderNode Root => root;

    /// <summary>Finds a file or folder; "" is the root.</summary>
    public Node? Find(string path)
    {
        Node? node = root;
        if (path.Length == 0)
            return node;
        foreach (var part in path.Split('/'))
            node = node is FolderNode folder ? folder.Names.GetValueOrDefault(part) : null;
        return node;
    }

    public FolderNode Folder(string path) =>
        Find(path) as FolderNode ?? throw new FileNotFoundException($"There is no folder '{path}'.", path);

    public FileNode File(string path) => Find(path) switch
    {
        FileNode file => file,
        null => throw new FileNotFoundException($"There is no file '{path}'.", path),
        _ => throw new IOException($"'{path}' is a folder."),
    };

    public (FolderNode Folder, string Name) Parent(string path)
    {
        var split = path.LastIndexOf('/');
        return (Folder(split < 0 ? "" : path[..split]), path[(split + 1)..]);
    }

    public void Apply(params NameChange[] change)
    {
        foreach (var (folder, name, node) in change)
            FolderNode.Assign(folder.Names, name, node);
        _pending.Add(change);
    }

    public void Sync(FolderNode folder)
    {
        foreach (var (owner, name, node) in TakePending(folder).SelectMany(static change => change))
            FolderNode.Assign(owner.DurableNames, name, node);
    }

    /// <summary>The sync of a folder failed: its changes never reach the disk.</summary>
    public void LoseChanges(FolderNode folder) => TakePending(folder);

    public void SyncAll()
    {
        foreach (var (owner, name, node) in _pending.SelectMany(static change => change))
            FolderNode.Assign(owner.DurableNames, name, node);
        _pending.Clear();
    }

    /// <summary>All files that the process can see.</summary>
    public IEnumerable<FileNode> Files() => Files(root);

    /// <summary>The tree as the next process finds it.</summary>
    public FolderTree Copy()
    {
        var copies = new Dictionary<Node, Node>(ReferenceEqualityComparer.Instance);
        var copy = new FolderTree((FolderNode)Copy(root, copies));
        foreach (var change in _pending)
            copy._pending.Add(Array.ConvertAll(change, part => new NameChange(
                (FolderNode)Copy(part.Folder, copies), part.Name, part.Node is null ? null : Copy(part.Node, copies))));
        return copy;
    }

    /// <summary>The tree as the disk holds it after the power went: of each folder's pending changes a prefix survives.
    /// </summary>
    public FolderTree AfterPowerCut(SeededRandom random)
    {
        var names = new Dictionary<FolderNode, SortedDictionary<string, Node>>();
        foreach (var (folder, name, node) in SurvivingChanges(random).SelectMany(static change => change))
        {
            if (!names.TryGetValue(folder, out var survivors))
                names.Add(folder, survivors = new(folder.DurableNames, StringComparer.Ordinal));
            FolderNode.Assign(survivors, name, node);
        }

        var rebuilt = new Dictionary<Node, Node>(ReferenceEqualityComparer.Instance);
        return new((FolderNode)Rebuild(root));

        Node Rebuild(Node node)
        {
            if (rebuilt.TryGetValue(node, out var known))
                return known;
            if (node is FileNode file)
                return rebuilt[node] = file.AfterPowerCut(random);
            var folder = (FolderNode)node;
            var copy = new FolderNode();
            rebuilt.Add(node, copy);
            foreach (var (name, child) in names.GetValueOrDefault(folder) ?? folder.DurableNames)
                copy.Names[name] = copy.DurableNames[name] = Rebuild(child);
            return copy;
        }
    }

    private static IEnumerable<FileNode> Files(FolderNode folder) => folder.Names.Values.SelectMany(
        static node => node is FileNode file ? [file] : Files((FolderNode)node));

    private static Node Copy(Node node, Dictionary<Node, Node> copies)
    {
        if (copies.TryGetValue(node, out var known))
            return known;
        if (node is FileNode file)
            return copies[node] = file.Copy();
        var folder = (FolderNode)node;
        var copy = new FolderNode();
        copies.Add(node, copy);
        foreach (var (name, child) in folder.Names)
            copy.Names[name] = Copy(child, copies);
        foreach (var (name, child) in folder.DurableNames)
            copy.DurableNames[name] = Copy(child, copies);
        return copy;
    }

    private List<NameChange[]> SurvivingChanges(SeededRandom random)
    {
        var left = new Dictionary<FolderNode, int>();
        foreach (var folder in _pending.SelectMany(Folders))
            left[folder] = left.GetValueOrDefault(folder) + 1;
        foreach (var folder in _pending.SelectMany(Folders).Distinct())
            left[folder] = random.Next(4) switch
            {
                0 => 0,
                1 => left[folder],
                _ => random.Next(left[folder] + 1),
            };

        var surviving = new List<NameChange[]>();
        foreach (var change in _pending)
        {
            // A rename between folders that one of them has lost ends the prefix of the other as well.
            var survives = Folders(change).All(folder => left[folder] > 0);
            foreach (var folder in Folders(change))
                left[folder] = survives ? left[folder] - 1 : 0;
            if (survives)
                surviving.Add(change);
        }

        return surviving;
    }

    /// <summary>Removes the pending changes of a folder, in order, with the earlier ones of other folders that a rename
    /// between folders depends on.</summary>
    private List<NameChange[]> TakePending(FolderNode folder)
    {
        var needed = new HashSet<FolderNode> { folder };
        var taken = new List<NameChange[]>();
        for (var index = _pending.Count - 1; index >= 0; index--)
        {
            if (!Folders(_pending[index]).Any(needed.Contains))
                continue;
            needed.UnionWith(Folders(_pending[index]));
            taken.Add(_pending[index]);
            _pending.RemoveAt(index);
        }

        taken.Reverse();
        return taken;
    }

    private static IEnumerable<FolderNode> Folders(NameChange[] change) =>
        change.Select(static part => part.Folder).Distinct();
}
