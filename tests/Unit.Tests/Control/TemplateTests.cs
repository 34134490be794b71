using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Templates;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Templates of container specs and payloads (TPL-1 to TPL-4).</summary>
public sealed class TemplateTests
{
    private static readonly NodeDescription Description = new() { Hostname = "host-1", Platform = new Platform { Os = "linux", Architecture = "x86_64" } };

    [Fact]
    public void AT_TPL_1_TextWithoutTemplates_IsUnchanged()
    {
        var task = TaskWith(s =>
        {
            s.Env.Add(["A=b", "NAME"]);
            s.Hostname = "plain";
            s.Mounts.Add(new Mount { Source = "a", Target = "/b" });
        });
        Assert.Same(task.Spec.Container, ContainerTemplates.Expand(Description, task));
    }

    [Fact]
    public void AT_TPL_2_Env_IsExpandedAfterTheEqualsSign()
    {
        var task = TaskWith(s =>
        {
            s.Env.Add([
                "ID={{.Service.ID}}", "NAME={{.Service.Name}}", "NODE={{.Node.ID}}", "TASK={{.Task.Name}}", "SLOT={{.Task.Slot}}", "TASKID={{ .Task.ID }}",
                "LABELS={{range $k, $v := .Service.Labels}}{{$k}}={{$v}};{{end}}", "{{.Task.ID}}=kept", "{{.Task.ID}}",
            ]);
            s.Labels["x"] = "{{.Task.ID}}";
            s.Args.Add("{{.Task.ID}}");
        });
        var expanded = ContainerTemplates.Expand(Description, task);
        Assert.Equal(
            [
                "ID=serviceID", "NAME=serviceName", "NODE=nodeID", "TASK=serviceName.10.taskID", "SLOT=10", "TASKID=taskID", "LABELS=a=1;b=2;c=3;",
                "{{.Task.ID}}=kept", "{{.Task.ID}}",
            ],
            expanded.Env);
        Assert.Equal(("{{.Task.ID}}", "{{.Task.ID}}"), (expanded.Labels["x"], expanded.Args[0]));
        Assert.Equal("ID={{.Service.ID}}", task.Spec.Container.Env[0]);
    }

    [Fact]
    public void AT_TPL_2_SlotOfATaskWithoutOne_IsItsNode()
    {
        var task = TaskWith(s => s.Env.Add("A={{.Task.Slot}} {{.Task.Name}}"));
        task.Slot = 0;
        Assert.Equal("A=nodeID serviceName.nodeID.taskID", ContainerTemplates.Expand(Description, task).Env[0]);
    }

    [Fact]
    public void AT_TPL_3_MountsAndHostname_AreExpanded()
    {
        var task = TaskWith(s =>
        {
            s.Hostname = "web-{{.Task.Slot}}";
            s.Mounts.Add(new Mount
            {
                Source = "bar-{{.Node.ID}}-{{.Task.Name}}",
                Target = "foo-{{.Service.ID}}-{{.Service.Name}}",
                VolumeOptions = new Mount.Types.VolumeOptions
                {
                    Labels = { ["l"] = "{{.Task.ID}}" },
                    DriverConfig = new Driver { Name = "{{.Task.ID}}", Options = { ["o"] = "{{.Task.Slot}}" } },
                },
            });
        });
        var expanded = ContainerTemplates.Expand(Description, task);
        var mount = expanded.Mounts[0];
        Assert.Equal("web-10", expanded.Hostname);
        Assert.Equal(("bar-nodeID-serviceName.10.taskID", "foo-serviceID-serviceName"), (mount.Source, mount.Target));
        Assert.Equal(("taskID", "10", "{{.Task.ID}}"), (mount.VolumeOptions.Labels["l"], mount.VolumeOptions.DriverConfig.Options["o"], mount.VolumeOptions.DriverConfig.Name));
    }

    [Fact]
    public void AT_TPL_4_NodeFacts_AreTheDescriptions()
    {
        var task = TaskWith(s =>
        {
            s.Hostname = "{{.Node.Hostname}}";
            s.Env.Add("P={{.Node.Platform.OS}}/{{.Node.Platform.Architecture}}");
        });
        var expanded = ContainerTemplates.Expand(Description, task);
        Assert.Equal(("host-1", "P=linux/x86_64"), (expanded.Hostname, expanded.Env[0]));
        Assert.Equal(("", "P=/"), (ContainerTemplates.Expand(null, task).Hostname, ContainerTemplates.Expand(null, task).Env[0]));
    }

    [Fact]
    public void AT_TPL_5_Payloads_KnowTheTask()
    {
        const string Text = "{{.Service.ID}} {{.Service.Name}} {{.Service.Labels.a}} {{.Node.ID}} {{.Node.Hostname}} {{.Task.ID}} {{.Task.Name}} {{.Task.Slot}}";
        const string Expected = "serviceID serviceName 1 nodeID host-1 taskID serviceName.10.taskID 10";
        var templates = Payloads(TaskWith(_ => { }));
        Assert.Equal(Expected, templates.Expand(SecretOf("s", Text)).ToStringUtf8());
        Assert.Equal((Expected, false), Shown(templates.Expand(ConfigOf("c", Text))));
    }

    [Fact]
    public void AT_TPL_6_Payloads_ReachSecretsAndConfigsOfTheTask_ByTarget()
    {
        var task = TaskWith(s =>
        {
            s.Secrets.Add(new SecretReference { SecretId = "s1", SecretName = "n", File = new FileTarget { Name = "target" } });
            s.Configs.Add(new ConfigReference { ConfigId = "c1", ConfigName = "n", File = new FileTarget { Name = "target" } });
        });
        var templates = Payloads(task, SecretOf("s1", "secret-data"), ConfigOf("c1", "config-data"));
        Assert.Equal("secret-data config-data", templates.Expand(SecretOf("x", "{{secret \"target\"}} {{config \"target\"}}")).ToStringUtf8());
        Assert.Equal(("config-data", false), Shown(templates.Expand(ConfigOf("x", "{{config \"target\"}}"))));
        Assert.Equal(("secret-data", true), Shown(templates.Expand(ConfigOf("x", "{{ secret \"target\" }}"))));
    }

    [Fact]
    public void AT_TPL_7_UnknownTargets_AreNamed()
    {
        var templates = Payloads(TaskWith(_ => { }));
        Fails("failed to expand templated secret x:", "secret target t not found", () => templates.Expand(SecretOf("x", "{{secret \"t\"}}")));
        Fails("failed to expand templated config x:", "config target t not found", () => templates.Expand(ConfigOf("x", "{{config \"t\"}}")));
        var other = SecretOf("x", "data");
        other.Spec.Templating.Name = "jinja";
        Fails("failed to expand templated secret x:", "unrecognized template type", () => templates.Expand(other));
    }

    [Fact]
    public void AT_TPL_8_AReferenceToItself_IsNotExpandedAgain()
    {
        var task = TaskWith(s => s.Secrets.Add(new SecretReference { SecretId = "s1", SecretName = "n", File = new FileTarget { Name = "me" } }));
        var secret = SecretOf("s1", "<{{secret \"me\"}}>");
        Assert.Equal("<<{{secret \"me\"}}>>", Payloads(task, secret).Expand(secret).ToStringUtf8());
    }

    [Fact]
    public void AT_TPL_9_Env_IsTheUnexpandedSpecs_AndEmptyIfUnknown()
    {
        var templates = Payloads(TaskWith(s => s.Env.Add(["VARIABLE=value", "RAW={{.Task.ID}}"])));
        Assert.Equal("[value] [] [{{.Task.ID}}]", templates.Expand(SecretOf("x", "[{{env \"VARIABLE\"}}] [{{env \"NOTHING\"}}] [{{env \"RAW\"}}]")).ToStringUtf8());
    }

    [Fact]
    public void PayloadWithoutTemplating_IsTakenAsItIs()
    {
        var binary = ByteString.CopyFrom(0xff, (byte)'{', (byte)'{', 0);
        var secret = new Secret { Id = "s", Spec = new SecretSpec { Data = binary } };
        Assert.Same(binary, Payloads(TaskWith(_ => { })).Expand(secret));
        secret.Spec.Templating = new Driver { Name = "golang" };
        Fails("failed to expand templated secret s:", "text in UTF-8", () => Payloads(TaskWith(_ => { })).Expand(secret));
    }

    [Theory]
    [InlineData("{{if eq .Service.Name \"serviceName\"}}yes{{else}}no{{end}}", "yes")]
    [InlineData("{{if .Service.Labels.a}}{{if not true}}x{{else if true}}y{{end}}{{end}}", "y")]
    [InlineData("{{with .Node}}{{.ID}}{{end}}", "nodeID")]
    [InlineData("{{with \"\"}}x{{else}}empty{{end}}", "empty")]
    [InlineData("{{range .Service.Labels}}{{.}}{{end}}", "123")]
    [InlineData("{{range $k, $v := .Service.Labels}}{{if eq $k \"b\"}}{{break}}{{end}}{{$v}}{{end}}", "1")]
    [InlineData("{{range $k, $v := .Service.Labels}}{{if eq $k \"b\"}}{{continue}}{{end}}{{$v}}{{end}}", "13")]
    [InlineData("{{join \"-\" .Service.Name .Task.Slot \"x\"}}", "serviceName-10-x")]
    [InlineData("{{ .Task.Slot | printf \"%s/%q\" \"a\" }}", "a/\"10\"")]
    [InlineData("{{printf \"%05d|%-4s|%x\" 42 \"ab\" 255}}", "00042|ab  |ff")]
    [InlineData("a  {{- /* comment */ -}}  b", "ab")]
    [InlineData("a {{- \" x \" -}} b", "a x b")]
    [InlineData("{{$x := .Task.ID}}{{$x}}{{$x = \"y\"}}{{$x}}", "taskIDy")]
    [InlineData("{{(index .Service.Labels \"a\")}}{{len .Service.Labels}}", "13")]
    [InlineData("{{and true .Task.ID}} {{or \"\" \"z\"}} {{ne 1 2}} {{lt 1 2}} {{ge \"b\" \"a\"}}", "taskID z true true true")]
    [InlineData("{{`raw\\n`}}{{\"q\\\"\\n\"}}", "raw\\nq\"\n")]
    [InlineData("{{.Service.Labels}}", "map[a:1 b:2 c:3]")]
    public void Syntax_IsGos(string template, string expected) =>
        Assert.Equal(expected, TextTemplate.Expand(template, TaskContext.Create(Description, TaskWith(_ => { })), TemplateFunctions.Common));

    [Theory]
    [InlineData("{{", "unclosed action")]
    [InlineData("{{.A", "unclosed action")]
    [InlineData("{{.A}}", "can't evaluate field A in type Context")]
    [InlineData("{{.Service.Labels.none}}", "map has no entry for key \"none\"")]
    [InlineData("{{.Task.ID.X}}", "can't evaluate field X in type string")]
    [InlineData("{{nothing}}", "function \"nothing\" not defined")]
    [InlineData("{{$x}}", "undefined variable \"$x\"")]
    [InlineData("{{if true}}", "missing {{end}}")]
    [InlineData("{{end}}", "unexpected {{end}}")]
    [InlineData("{{}}", "missing value for command")]
    [InlineData("{{(1}}", "unclosed left paren")]
    [InlineData("{{\"a}}", "unterminated quoted string")]
    [InlineData("{{.Task.ID 1}}", "can't give argument to non-function .Task.ID")]
    [InlineData("{{join 1}}", "expected string")]
    [InlineData("{{define \"x\"}}{{end}}", "define is not served")]
    [InlineData("{{range 100000000}}{{end}}", "steps")]
    [InlineData("{{range 100000}}0123456789012345678901234567890123456789012345{{end}}", "characters")]
    public void Mistakes_AreNamed(string template, string message) => Assert.Contains(
        message,
        Assert.Throws<TemplateException>(() =>
            TextTemplate.Expand(template, TaskContext.Create(Description, TaskWith(_ => { })), TemplateFunctions.Common)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void DeepNesting_IsRefused_NotACrash()
    {
        var text = string.Concat(Enumerable.Repeat("{{if true}}", 10_000));
        Assert.Contains("nested more than", Assert.Throws<TemplateException>(() => TextTemplate.Parse(text)).Message, StringComparison.Ordinal);
        var parentheses = "{{" + new string('(', 10_000);
        Assert.Throws<TemplateException>(() => TextTemplate.Parse(parentheses + "1}}"));
    }

    private static PayloadTemplates Payloads(SwarmTask task, Secret? secret = null, Config? config = null) =>
        new(Description, task, id => id == secret?.Id ? secret : null, id => id == config?.Id ? config : null);

    private static (string, bool) Shown((ByteString Data, bool IsSensitive) payload) => (payload.Data.ToStringUtf8(), payload.IsSensitive);

    private static Secret SecretOf(string id, string text) =>
        new() { Id = id, Spec = new SecretSpec { Data = ByteString.CopyFromUtf8(text), Templating = new Driver { Name = "golang" } } };

    private static Config ConfigOf(string id, string text) =>
        new() { Id = id, Spec = new ConfigSpec { Data = ByteString.CopyFromUtf8(text), Templating = new Driver { Name = "golang" } } };

    private static void Fails(string outer, string inner, Action expand)
    {
        var error = Assert.Throws<TemplateException>(expand);
        Assert.StartsWith(outer, error.Message, StringComparison.Ordinal);
        Assert.Contains(inner, error.Message, StringComparison.Ordinal);
    }

    private static SwarmTask TaskWith(Action<ContainerSpec> change)
    {
        var task = new SwarmTask
        {
            Id = "taskID",
            ServiceId = "serviceID",
            NodeId = "nodeID",
            Slot = 10,
            ServiceAnnotations = new Annotations { Name = "serviceName", Labels = { ["c"] = "3", ["a"] = "1", ["b"] = "2" } },
            Spec = new TaskSpec { Container = new ContainerSpec { Image = "x" } },
        };
        change(task.Spec.Container);
        return task;
    }
}
