using System.CommandLine;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Cli.Commands;

/// <summary>Flags of an update that publish one port more or less; <c>--publish</c> replaces all.</summary>
internal sealed class PublishFlags
{
    private readonly Option<string[]> _added = new("--publish-add") { Description = "port to publish besides, as --publish has it" };
    private readonly Option<string[]> _removed = new("--publish-rm") { Description = "port not to publish any more, [published:]target[/protocol] or target=,published=,protocol=,mode=" };

    public void AddTo(Command command)
    {
        command.Add(_added);
        command.Add(_removed);
    }

    /// <summary>Takes ports away first, so that one can be published in another way by the same command.</summary>
    public void Apply(ParseResult result, ServiceSpec spec)
    {
        foreach (var text in result.GetValue(_removed) ?? [])
        {
            Remove(spec, text);
        }

        foreach (var port in (result.GetValue(_added) ?? []).Select(t => Ports.Parse("--publish-add", t)))
        {
            spec.Endpoint ??= new EndpointSpec();
            if (!spec.Endpoint.Ports.Contains(port))
            {
                spec.Endpoint.Ports.Add(port);
            }
        }
    }

    private static void Remove(ServiceSpec spec, string text)
    {
        var named = Ports.Parse("--publish-rm", text);
        var namesMode = text.Contains("mode=", StringComparison.Ordinal);
        var found = (spec.Endpoint?.Ports ?? []).Where(p => p.TargetPort == named.TargetPort && p.Protocol == named.Protocol
            && (named.PublishedPort == 0 || p.PublishedPort == named.PublishedPort) && (!namesMode || p.PublishMode == named.PublishMode)).ToList();
        if (found.Count == 0)
        {
            throw new CommandException($"--publish-rm: the service does not publish {text}");
        }

        found.ForEach(p => spec.Endpoint!.Ports.Remove(p));
    }
}
