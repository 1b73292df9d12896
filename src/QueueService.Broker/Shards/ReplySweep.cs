namespace QueueService.Broker.Shards;

/// <summary>
/// Lets the answers of a commit go: in a few groups, each one work item of the thread pool that runs its continuations
/// one after the other. A work item per answer would cost more than the answers.
/// </summary>
internal sealed class ReplySweep(bool inline)
{
    /// <summary>Answers per work item, at least. A continuation takes a few microseconds; waking another worker costs
    /// two switches and more, so a usual commit's answers leave from one thread.</summary>
    private const int MinGroup = 16;

    private static readonly int Parallelism = Math.Max(2, Environment.ProcessorCount);

    private readonly Stack<Group> _idle = new();
    private readonly Lock _gate = new();

    public void Complete(List<Command> commands)
    {
        if (inline)
        {
            foreach (Command command in commands) command.Complete();
            return;
        }

        int size = Math.Max(MinGroup, (commands.Count + Parallelism - 1) / Parallelism);
        for (int at = 0; at < commands.Count; at += size)
        {
            Group group = Rent();
            int end = Math.Min(at + size, commands.Count);
            for (int i = at; i < end; i++) group.Commands.Add(commands[i]);
            ThreadPool.UnsafeQueueUserWorkItem(group, preferLocal: false);
        }
    }

    public void Complete(Command command)
    {
        if (inline)
        {
            command.Complete();
            return;
        }

        Group group = Rent();
        group.Commands.Add(command);
        ThreadPool.UnsafeQueueUserWorkItem(group, preferLocal: false);
    }

    private Group Rent()
    {
        lock (_gate)
        {
            if (_idle.TryPop(out Group? group)) return group;
        }

        return new Group(this);
    }

    private void Return(Group group)
    {
        group.Commands.Clear();
        lock (_gate) _idle.Push(group);
    }

    private sealed class Group(ReplySweep owner) : IThreadPoolWorkItem
    {
        public List<Command> Commands { get; } = [];

        public void Execute()
        {
            foreach (Command command in Commands) command.Complete();
            owner.Return(this);
        }
    }
}
