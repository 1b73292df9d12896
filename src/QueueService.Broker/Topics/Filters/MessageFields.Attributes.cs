using QueueService.Broker.Messages;

namespace QueueService.Broker.Topics.Filters;

/// <summary>Attributes as fields. Binary ones are none, as for SNS.</summary>
internal sealed partial class MessageFields
{
    public void ReadAttributes(ReadOnlySpan<byte> message, PathTree paths)
    {
        Clear(paths);
        foreach (MessageField field in MessageFormat.Fields(message))
        {
            if (!field.IsAttribute || !paths.Root.Children!.TryGet(field.Name, out PathNode? path)) continue;
            NoteHead(path.Id, _count);
            switch (field.AttributeKind)
            {
                case AttributeKind.String: AddText(path.Id, field.Value, NumberText.Read(field.Value)); break;
                case AttributeKind.Number:
                    Begin(new FieldNode { Path = path.Id, Kind = FieldKind.Number, Number = NumberText.Read(field.Value) });
                    break;
                case AttributeKind.Boolean:
                    bool isTrue = field.Value.SequenceEqual("true"u8);
                    Begin(new FieldNode { Path = path.Id, Kind = isTrue ? FieldKind.True : FieldKind.False });
                    break;
                default: NoteHead(path.Id, -1); break;
            }
        }

        End(Root);
    }
}
