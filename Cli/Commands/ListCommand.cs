using System.CommandLine;
using Google.Protobuf;
using SwarmOrleans.Cli.Output;

namespace SwarmOrleans.Cli.Commands;

/// <summary>The <c>ls</c> of a kind of objects: a table, ids only, or JSON.</summary>
internal static class ListCommand
{
    public static Command Create<T>(
        GlobalOptions globals,
        string plural,
        TextTable table,
        Func<ParseResult, CancellationToken, Task<IEnumerable<T>>> list,
        Func<T, string> idOf,
        Func<T, string[]> rowOf)
        where T : IMessage
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "ids only" };
        var command = new Command("ls", $"List {plural}") { quiet };
        command.SetAction(async (result, cancellationToken) =>
        {
            var items = (await list(result, cancellationToken)).ToList();
            if (globals.IsJson(result))
            {
                globals.WriteJson(items.Select(i => (IMessage)i));
                return;
            }

            if (result.GetValue(quiet))
            {
                items.ForEach(i => globals.Output.WriteLine(idOf(i)));
                return;
            }

            items.ForEach(i => table.Add(rowOf(i)));
            table.WriteTo(globals.Output);
        });
        return command;
    }
}
